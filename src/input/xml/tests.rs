//! The tree of elements: text, places, encodings, limits and what hostile files meet.

use super::*;
use crate::declaration::Place;

fn error(bytes: &[u8]) -> XmlError {
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(error) => return error,
    };
    match Document::parse(&text) {
        Ok(_) => panic!("parsed"),
        Err(error) => error,
    }
}

#[test]
fn text_is_put_together_from_all_its_pieces() {
    let source = "<a><b>x &amp; <![CDATA[<y>]]> &#252;<!-- c -->z</b><b/></a>";
    let document = Document::parse(source).unwrap();
    let b = document.root().child("b").unwrap();
    assert_eq!(b.text(), "x & <y> üz");
    assert_eq!(document.root().named("b").count(), 2);
}

#[test]
fn places_are_lines_columns_and_paths() {
    let document = Document::parse("<?xml version='1.0'?>\n<a>\n  å<b c='1' x:d=' 2 '/>\n<c><d/></c></a>").unwrap();
    let b = document.root().child("b").unwrap();
    assert_eq!(b.place(), Place::Xml { line: 3, column: 4, path: "a/b".into() });
    assert_eq!(b.attribute("c"), Some("1"));
    assert_eq!(b.attribute("d"), Some("2"));
    assert_eq!(b.attribute("e"), None);
    let d = document.root().at_path(&["c", "d"]).unwrap();
    assert_eq!(d.place(), Place::Xml { line: 4, column: 4, path: "a/c/d".into() });
    assert_eq!(document.root().descendants().map(Node::name).collect::<Vec<_>>(), ["b", "c", "d"]);
    assert_eq!(document.root().child("c").unwrap().size(), 1);
}

#[test]
fn namespaces_are_resolved_and_leave_with_their_element() {
    let document = Document::parse("<x:a xmlns:x='u:1' xmlns='u:2'><b xmlns='u:3'/><b/><x:b/><b xmlns=''/></x:a>").unwrap();
    let root = document.root();
    assert_eq!((root.name(), root.namespace()), ("a", Some("u:1")));
    assert_eq!(root.children().map(Node::namespace).collect::<Vec<_>>(), [Some("u:3"), Some("u:2"), Some("u:1"), None]);
}

#[test]
fn encodings_by_mark_and_prolog() {
    let wide: Vec<u8> = "\u{feff}<a>å</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(decode(&wide).unwrap(), "<a>å</a>");
    let wide: Vec<u8> = "<?xml version='1.0' encoding='utf-16'?><a>å</a>".encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert!(decode(&wide).unwrap().ends_with("<a>å</a>"));
    assert!(decode(b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe5</a>").unwrap().ends_with("<a>å</a>"));
    assert!(decode(b"<?xml version='1.0' encoding='windows-1252'?><a>\x80</a>").unwrap().ends_with("<a>€</a>"));
    assert!(decode("<?xml version='1.0' encoding='utf-16'?><a>å</a>".as_bytes()).unwrap().ends_with("<a>å</a>"));
    assert_eq!(decode("\u{feff}<a/>".as_bytes()).unwrap(), "<a/>");
    assert_eq!(error(b"<?xml version='1.0' encoding='utf-8'?>\n<a>\xe5</a>").code(), "file-encoding");
    assert_eq!(error(b"<?xml version='1.0' encoding='klingon'?><a/>").code(), "file-encoding");
    assert_eq!(error(b" \n").code(), "file-empty");
}

#[test]
fn entities_of_the_file_are_never_expanded() {
    let bomb = "<!DOCTYPE a [<!ENTITY x \"ha\"><!ENTITY y \"&x;&x;&x;\">]><a>&y;</a>";
    assert_eq!(error(bomb.as_bytes()).code(), "file-hostile");
    let external = "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>";
    assert_eq!(error(external.as_bytes()).code(), "file-hostile");
    assert_eq!(error(b"<a>&x;</a>").code(), "file-damaged");
    assert_eq!(error(b"<a b='&x;'/>").code(), "file-damaged");
    // A grammar that is only named is neither fetched nor missed.
    assert!(Document::parse("<!DOCTYPE BMECAT SYSTEM \"bmecat_new_catalog.dtd\"><BMECAT/>").is_ok());
}

#[test]
fn what_is_not_whole_is_refused_with_its_place() {
    let cut = error(b"<a>\n<b></b>");
    assert_eq!((cut.code(), cut.line), ("file-damaged", 2));
    assert_eq!(error(b"<a><b></a></b>").code(), "file-damaged");
    assert_eq!(error(b"<a x='1' x='2'/>").code(), "file-damaged");
    assert_eq!(error(b"<a/><b/>").code(), "file-damaged");
    assert_eq!(error(b"<a/>junk").code(), "file-damaged");
    assert_eq!(error(b"<a b='1").code(), "file-damaged");
    assert_eq!(error(b"just text").code(), "file-damaged");
}

#[test]
fn limits_hold() {
    let deep = "<a>".repeat(2_000_000);
    assert_eq!(error(deep.as_bytes()).code(), "file-hostile");
    let attributes: String = (0..300).map(|i| format!(" a{i}=''")).collect();
    assert_eq!(error(format!("<a{attributes}/>").as_bytes()).code(), "file-hostile");
    let huge = format!("<a b='{}'/>", "x".repeat(LONGEST_VALUE + 1));
    assert_eq!(error(huge.as_bytes()).code(), "file-too-large");
}

/// All that a document says, written out.
fn told(document: &Document<'_>) -> String {
    let all = std::iter::once(document.root()).chain(document.root().descendants());
    let one = |node: Node<'_>| {
        let children: Vec<u32> = node.children().map(|child| child.index).collect();
        let attributes: Vec<_> = node.written().to_vec();
        format!(
            "{} {:?} {:?} {:?} {attributes:?} {} {children:?} {}\n",
            node.name(),
            node.namespace(),
            node.place(),
            node.element().text,
            node.element().prefixed,
            node.size(),
        )
    };
    all.map(one).collect()
}

fn agrees(source: &str) {
    if let Some(plain) = plain::parse(source) {
        let known = Document::parse_any(source).unwrap_or_else(|error| panic!("{error}: {source}"));
        assert_eq!(told(&plain), told(&known), "{source}");
    }
}

#[test]
fn what_programs_write_is_plain() {
    for source in [
        "<?xml version='1.0'?>\n<!-- x -->\n<a xmlns='u' xmlns:p=\"v\">\n å<p:b c='1 &amp; 2' p:d=' 2\n'/>x &lt;<c><d/>&#229;</c >",
        "<a>\r\n<b></b> t <!-- -- --><?p i?> </a>\n",
        "<a><b x='>' y=\"'\"/><b/><c/><b/></a>",
    ] {
        let source = source.replace("</c >", "</c></a>");
        assert!(plain::parse(&source).is_some(), "{source}");
        agrees(&source);
    }
    for source in
        ["<a", "<a/><b/>", "<a b='1'b='2'/>", "<a b='1' b='2'/>", "<a b=1/>", "<!DOCTYPE a><a/>", "<a>&x;</a>", "x<a/>", "<a></b>"]
    {
        assert!(plain::parse(source).is_none(), "{source}");
    }
}

proptest::proptest! {
    #[test]
    fn a_plain_document_is_read_as_the_library_reads_it(
        inside in "(<c d='x'>text</c>|<p:c/>|<e>|</e>|<a|<p:b|</a>|</p:b>|/>|>| c=\"1\"| c='1'| d=' å\n'| p:c=\"&amp;\"| xmlns='u'| xmlns:p=\"v\"|text|&lt;|&|;| |\n|=|\"|'|<!-- x -->|<!--|-->|<\\?pi \\?>|<!\\[CDATA\\[x]]>|å){0,14}",
        open in proptest::bool::ANY,
    ) {
        agrees(&inside);
        agrees(&if open { format!("<r xmlns:p='w'>{inside}</r>") } else { format!("<r {inside}/>") });
    }

    #[test]
    fn any_tags_are_read_as_the_library_reads_them(inside in "[ab<>/=\"'! ?&;:\\x0c\n-]{0,24}") {
        agrees(&inside);
        agrees(&format!("<r>{inside}</r>"));
    }
}
