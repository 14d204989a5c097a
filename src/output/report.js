(function () {
  var box = document.getElementById("filter"), table = document.getElementById("product-table");
  window.addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (each) { each.open = true; });
  });
  if (!box || !table) return;
  var rows = Array.prototype.slice.call(table.tBodies[0].rows), shown = document.getElementById("shown");
  box.hidden = false;
  document.getElementById("q").addEventListener("input", function (event) {
    var wanted = event.target.value.toLowerCase(), count = 0;
    rows.forEach(function (row) {
      var fits = row.textContent.toLowerCase().indexOf(wanted) >= 0;
      row.hidden = !fits;
      if (fits) count += 1;
    });
    shown.textContent = count + " " + shown.getAttribute("data-of") + " " + rows.length;
  });
})();
