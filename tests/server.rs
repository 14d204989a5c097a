//! A PostgreSQL server of the tests' own: Debian's programs, in a temporary folder, on a free port. It ends when the
//! tests do, however they end.

use std::fs;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A server that runs.
pub struct Server {
    port: u16,
    folder: PathBuf,
    /// Its input is held open: when it closes, the server stops and its folder goes.
    _keeper: Child,
}

/// Where the programs of PostgreSQL are; `None` when they are not installed.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        folders.extend(versions.filter_map(|version| Some(version.ok()?.path().join("bin"))));
    }
    folders.into_iter().find_map(|folder| {
        // What stands in PATH may be a link into the folder where all of them are.
        let initdb = fs::canonicalize(folder.join("initdb")).ok()?;
        let folder = initdb.parent()?.to_path_buf();
        folder.join("postgres").is_file().then_some(folder)
    })
}

/// The user to run it as: PostgreSQL refuses to be root.
fn user() -> Option<(u32, u32)> {
    let own = fs::metadata("/proc/self").ok().map(|own| std::os::unix::fs::MetadataExt::uid(&own))?;
    if own != 0 {
        return None;
    }
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut parts = line.split(':').skip(2);
        Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
    };
    find("postgres").or_else(|| find("nobody"))
}

fn command(program: &Path, user: Option<(u32, u32)>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("LC_ALL", "C").env("TZ", "UTC");
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

fn start(programs: &Path) -> Server {
    let user = user();
    let folder = tempfile::Builder::new().prefix("kemkoll-postgres-").tempdir().expect("a folder").keep();
    if let Some((user, group)) = user {
        std::os::unix::fs::chown(&folder, Some(user), Some(group)).expect("the folder given away");
    }
    let data = folder.join("data");
    let made = command(&programs.join("initdb"), user, &folder)
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-locale", "--no-sync", "-D"])
        .arg(&data)
        .output()
        .expect("initdb");
    assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
    certify(&folder, user);
    let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let script = "\"$0\" \"$@\" >log 2>&1 & server=$!; cat >/dev/null; kill -INT $server; wait $server; cd /; rm -rf \"$FOLDER\"";
    let keeper = command(Path::new("sh"), user, &folder)
        .args(["-c", script])
        .arg(programs.join("postgres"))
        .arg("-D")
        .arg(&data)
        .args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=60"])
        .args(["-c", "ssl=on", "-c", "ssl_cert_file=../server.crt", "-c", "ssl_key_file=../server.key", "-k"])
        .arg(&folder)
        .env("FOLDER", &folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a shell");
    let server = Server { port, folder: folder.clone(), _keeper: keeper };
    let begun = Instant::now();
    loop {
        let ready =
            TcpStream::connect(("127.0.0.1", port)).is_ok() && postgres::Client::connect(&server.url("postgres"), postgres::NoTls).is_ok();
        if ready {
            return server;
        }
        let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not start: {}", log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Two authorities, and a certificate that the first made out to the server's address.
fn certify(folder: &Path, user: Option<(u32, u32)>) {
    let script = "
        set -e
        new='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'
        for name in authority stranger; do openssl req -x509 $new -subj /CN=$name -keyout $name.key -out $name.pem; done
        openssl req $new -subj /CN=server -keyout server.key -out server.csr
        printf 'subjectAltName=IP:127.0.0.1,DNS:localhost' >names
        openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 -extfile names -out server.crt
        chmod 600 server.key";
    let made = command(Path::new("sh"), user, folder).args(["-c", script]).output().expect("a shell");
    assert!(made.status.success(), "openssl: {}", String::from_utf8_lossy(&made.stderr));
}

impl Server {
    /// The file with the authority that the server's certificate is from, or with another.
    pub fn authority(&self, right: bool) -> String {
        self.folder.join(if right { "authority.pem" } else { "stranger.pem" }).display().to_string()
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The address of a new, empty database.
    pub fn database(&self) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::SeqCst));
        let mut client = self.client("postgres");
        client.batch_execute(&format!("CREATE DATABASE {name}")).expect("a database");
        self.url(&name)
    }

    fn client(&self, database: &str) -> postgres::Client {
        postgres::Client::connect(&self.url(database), postgres::NoTls).expect("a connection")
    }
}

/// A session of a store's database, for what the program itself would never do.
pub fn client(url: &str) -> postgres::Client {
    postgres::Client::connect(url, postgres::NoTls).expect("a connection")
}

/// The server; `None`, said loudly, where PostgreSQL is not installed. Where `KEMKOLL_POSTGRES=required` is set, as the
/// build server does, that fails.
pub fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let server = SERVER.get_or_init(|| programs().map(|programs| start(&programs)));
    if server.is_none() {
        assert!(std::env::var_os("KEMKOLL_POSTGRES").is_none(), "PostgreSQL is required here and not installed");
        // Past the capture of test output, so that it is seen.
        let _ = writeln!(io::stderr(), "\n*** PostgreSQL IS NOT INSTALLED: nothing was tested against it ***\n");
    }
    server.as_ref()
}
