//! Reading in a process of its own: for formats that only a library without limits understands (xls, xlsb, ods). The
//! program starts itself again with bounds on memory; what it reads comes back as a packed declaration. When that process
//! aborts, runs out of memory or out of time, one file could not be read, and nothing else has happened.

use super::container::Kind;
use super::packed;
use super::read::{self, Found};
use super::read_error::{Fault, ReadError};
use super::table::mapping;
use super::workbook;
use crate::declaration::Declaration;
use std::ffi::OsString;
use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// The argument with which the program starts itself.
pub const COMMAND: &str = "read-apart";

/// Memory that any file may need …
const BASE: u64 = 512 << 20;
/// … and for each of its bytes; never more than the bounds say.
const PER_BYTE: u64 = 64;
/// How often the clock is looked at while a file is read.
const TICK: Duration = Duration::from_millis(50);
/// No answer is longer.
const ANSWER: u64 = 4 << 30;

/// What a process that reads may take for one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes of address space, where the system can hold a process to that.
    pub memory: u64,
    /// How long, by the clock on the wall.
    pub time: Duration,
}

impl Default for Bounds {
    fn default() -> Bounds {
        Bounds { memory: 1 << 30, time: Duration::from_secs(60) }
    }
}

/// How processes that read are started.
#[derive(Debug, Clone)]
pub struct Apart {
    program: PathBuf,
    arguments: Vec<OsString>,
    mapping: Option<String>,
    bounds: Bounds,
}

impl Apart {
    /// Starts this program itself. `mapping` is the text of the mapping file.
    ///
    /// # Errors
    /// When the system does not tell which program this is.
    pub fn new(mapping: Option<String>, bounds: Bounds) -> io::Result<Apart> {
        // The running program itself, even when its file has been replaced meanwhile.
        let program = if cfg!(target_os = "linux") { PathBuf::from("/proc/self/exe") } else { std::env::current_exe()? };
        Ok(Apart { program, arguments: vec![COMMAND.into()], mapping, bounds })
    }

    /// Whether files of this kind are read apart.
    pub fn wants(kind: Kind) -> bool {
        matches!(kind, Kind::Xls | Kind::Xlsb | Kind::Ods)
    }

    /// Someone who hands files to a process, one after the other. It is started with the first.
    pub fn reader(&self) -> Reader<'_> {
        Reader { apart: self, running: None }
    }
}

/// What is asked of the process.
#[derive(Clone, Copy)]
enum Task {
    Declaration = 0,
    Skeleton = 1,
}

/// Hands files to one process after the other: to the same as long as it answers.
#[derive(Debug)]
pub struct Reader<'a> {
    apart: &'a Apart,
    running: Option<Running>,
}

/// Why a process gave no answer.
enum Failure {
    NotStarted(io::Error),
    Time,
    Memory,
    Ended,
}

impl Reader<'_> {
    /// Reads a workbook.
    ///
    /// # Errors
    /// When the process gives up, takes too much, or ends without an answer.
    pub fn declaration(&mut self, bytes: &[u8]) -> Result<Declaration, ReadError> {
        match self.ask(Task::Declaration, bytes).map(|answer| packed::unpack(&answer, "")) {
            Ok(Some(Found::Declaration(declaration))) => Ok(*declaration),
            Ok(_) => {
                self.running = None;
                Err(read::gave_up())
            }
            Err(failure) => Err(self.told(&failure)),
        }
    }

    /// A mapping to start from, as text.
    pub fn skeleton(&mut self, bytes: &[u8]) -> Option<String> {
        self.ask(Task::Skeleton, bytes).ok().and_then(|answer| String::from_utf8(answer).ok()).filter(|text| !text.is_empty())
    }

    fn ask(&mut self, task: Task, bytes: &[u8]) -> Result<Vec<u8>, Failure> {
        let memory = self.memory(bytes);
        loop {
            let mut running = match self.running.take() {
                Some(running) => running,
                None => Running::start(self.apart).map_err(Failure::NotStarted)?,
            };
            let fresh = running.answered == 0;
            match running.ask(task, bytes, memory, self.apart.bounds.time) {
                Ok(answer) => {
                    running.answered += 1;
                    self.running = Some(running);
                    return Ok(answer);
                }
                // Others' leftovers in its memory must not decide about this file.
                Err(Failure::Memory | Failure::Ended) if !fresh => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    fn memory(&self, bytes: &[u8]) -> u64 {
        self.apart.bounds.memory.min(BASE.saturating_add(PER_BYTE.saturating_mul(bytes.len() as u64)))
    }

    fn told(&self, failure: &Failure) -> ReadError {
        let (memory, seconds) = (self.apart.bounds.memory >> 20, self.apart.bounds.time.as_secs());
        match failure {
            Failure::NotStarted(error) => ReadError::new(
                Fault::Internal,
                format!("den process som läser sådana filer kunde inte startas ({error}); spara filen som xlsx"),
                format!("the process that reads such files could not be started ({error}); save the file as xlsx"),
            ),
            Failure::Time => ReadError::new(
                Fault::TooLarge,
                format!(
                    "läsningen tog längre tid än {seconds} s och avbröts; spara filen som xlsx, eller tillåt mer med `--reader-seconds`"
                ),
                format!(
                    "reading took longer than {seconds} s and was stopped; save the file as xlsx, or allow more with `--reader-seconds`"
                ),
            ),
            Failure::Memory => ReadError::new(
                Fault::TooLarge,
                format!(
                    "läsningen behövde mer minne än en sådan fil får ta (högst {memory} MiB) och avbröts; spara filen som xlsx, eller tillåt \
                     mer med `--reader-memory`"
                ),
                format!(
                    "reading needed more memory than such a file may take (at most {memory} MiB) and was stopped; save the file as xlsx, or \
                     allow more with `--reader-memory`"
                ),
            ),
            Failure::Ended => read::gave_up(),
        }
    }
}

/// A process that reads.
#[derive(Debug)]
struct Running {
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    watch: Arc<Watch>,
    answered: u64,
}

/// What the one who looks at the clock needs.
#[derive(Debug)]
struct Watch {
    child: Mutex<Child>,
    begun: Instant,
    /// When the file in hand must be read, in milliseconds since `begun`; 0 while there is none.
    due: AtomicU64,
    over: AtomicBool,
    late: AtomicBool,
}

impl Watch {
    fn child(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn look(&self) {
        while !self.over.load(Ordering::Acquire) {
            thread::park_timeout(TICK);
            let due = self.due.load(Ordering::Acquire);
            if due > 0 && self.begun.elapsed().as_millis() as u64 >= due {
                self.late.store(true, Ordering::Release);
                // Whoever waits for its answer sees it end.
                let _ = self.child().kill();
                return;
            }
        }
    }
}

impl Running {
    fn start(apart: &Apart) -> io::Result<Running> {
        let mut command = Command::new(&apart.program);
        command.args(&apart.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let (Some(to), Some(from)) = (child.stdin.take(), child.stdout.take()) else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let watch = Arc::new(Watch {
            child: Mutex::new(child),
            begun: Instant::now(),
            due: AtomicU64::new(0),
            over: AtomicBool::new(false),
            late: AtomicBool::new(false),
        });
        let looking = Arc::clone(&watch);
        thread::Builder::new().name("read-apart-clock".to_string()).stack_size(64 << 10).spawn(move || looking.look())?;
        let mut running = Running { to, from: BufReader::new(from), watch, answered: 0 };
        let mapping = apart.mapping.as_deref();
        // One that has ended by now is found out with the first file.
        let _ = running.to.write_all(&apart.bounds.memory.to_le_bytes());
        let _ = running.to.write_all(&mapping.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        let _ = running.to.write_all(mapping.unwrap_or_default().as_bytes());
        Ok(running)
    }

    fn ask(&mut self, task: Task, bytes: &[u8], memory: u64, time: Duration) -> Result<Vec<u8>, Failure> {
        let due = (self.watch.begun.elapsed() + time).as_millis() as u64;
        self.watch.due.store(due.max(1), Ordering::Release);
        let answer = self.exchange(task, bytes, memory);
        self.watch.due.store(0, Ordering::Release);
        answer.map_err(|_| self.why())
    }

    fn exchange(&mut self, task: Task, bytes: &[u8], memory: u64) -> io::Result<Vec<u8>> {
        let mut head = vec![task as u8];
        head.extend_from_slice(&memory.to_le_bytes());
        head.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        self.to.write_all(&head)?;
        self.to.write_all(bytes)?;
        let length = number(&mut self.from)?;
        if length > ANSWER {
            return Err(io::ErrorKind::InvalidData.into());
        }
        piece(&mut self.from, length)
    }

    /// Why it ended: what it said last, and what was done to it.
    fn why(&self) -> Failure {
        let mut child = self.watch.child();
        let _ = child.kill();
        let _ = child.wait();
        if self.watch.late.load(Ordering::Acquire) {
            return Failure::Time;
        }
        let mut said = Vec::new();
        if let Some(words) = child.stderr.take() {
            let _ = words.take(1 << 16).read_to_end(&mut said);
        }
        // What the language's own allocator says before it aborts; libraries that notice say it otherwise.
        let said = String::from_utf8_lossy(&said);
        if said.contains("memory allocation of") || said.contains("capacity overflow") { Failure::Memory } else { Failure::Ended }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.watch.over.store(true, Ordering::Release);
        let mut child = self.watch.child();
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn number(from: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes)?;
    Ok(u64::from_le_bytes(bytes))
}

fn piece(from: &mut impl Read, length: u64) -> io::Result<Vec<u8>> {
    // A length is a claim; room is made for what comes.
    let mut bytes = Vec::with_capacity(usize::try_from(length.min(16 << 20)).unwrap_or(0));
    if from.take(length).read_to_end(&mut bytes)? as u64 == length { Ok(bytes) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// The other side: answers on stdout what is asked on stdin, until nothing more is.
///
/// # Errors
/// Those of the pipes.
pub fn serve() -> io::Result<()> {
    SERVING.store(true, Ordering::Relaxed);
    let mut from = BufReader::new(io::stdin().lock());
    let most = number(&mut from)?;
    let mapping = match number(&mut from)? {
        u64::MAX => None,
        length => Some(String::from_utf8(piece(&mut from, length)?).map_err(io::Error::other)?),
    };
    // It was read without fault before.
    let mapping = mapping.and_then(|text| mapping::parse(&text, "").ok());
    loop {
        let mut task = [0];
        if from.read(&mut task)? == 0 {
            return Ok(());
        }
        let memory = number(&mut from)?;
        hold(memory.min(most), most);
        let length = number(&mut from)?;
        let bytes = piece(&mut from, length)?;
        let answer = if task == [Task::Skeleton as u8] {
            workbook::read(&bytes).map(|workbook| mapping::skeleton(&workbook)).unwrap_or_default().into_bytes()
        } else {
            packed::pack(&Found::Declaration(Box::new(read::table_of(bytes.into(), mapping.as_ref()))), "")
        };
        let mut to = io::stdout().lock();
        to.write_all(&(answer.len() as u64).to_le_bytes())?;
        to.write_all(&answer)?;
        to.flush()?;
    }
}

/// Set in a process that reads for another.
static SERVING: AtomicBool = AtomicBool::new(false);

/// What is done when the system refuses memory: a process that reads for another ends, for it may be that earlier files
/// left it too little, and the other tries once more with a new one.
pub(super) fn out_of_memory(held: usize) -> ReadError {
    if SERVING.load(Ordering::Relaxed)
        && let Ok(layout) = std::alloc::Layout::array::<u8>(held.max(1))
    {
        std::alloc::handle_alloc_error(layout);
    }
    ReadError::new(
        Fault::TooLarge,
        "minnet räcker inte till filen; dela upp den, eller kontrollera färre filer åt gången med `--jobs`",
        "there is not enough memory for the file; split it, or check fewer files at a time with `--jobs`",
    )
}

/// Holds this process to so much address space. Where the system cannot, the clock is all there is.
#[cfg(unix)]
fn hold(memory: u64, most: u64) {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let now = getrlimit(Resource::As);
    let most = now.maximum.map_or(most, |maximum| maximum.min(most));
    let _ = setrlimit(Resource::As, Rlimit { current: Some(memory.min(most)), maximum: Some(most) });
    // An abort is expected here, and nobody wants its memory on disk.
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
}

#[cfg(not(unix))]
fn hold(_: u64, _: u64) {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    /// A process that does something else than answer.
    fn shell(script: &str, time: Duration) -> Apart {
        Apart {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            mapping: None,
            bounds: Bounds { time, ..Bounds::default() },
        }
    }

    #[test]
    fn a_process_that_ends_hangs_or_talks_nonsense_is_one_error() {
        let long = Duration::from_secs(60);
        let begun = Instant::now();
        for (script, time, says) in [
            ("exit 3", long, "could not cope"),
            ("kill -ABRT $$", long, "could not cope"),
            ("echo 'memory allocation of 99 bytes failed' >&2; kill -ABRT $$", long, "--reader-memory"),
            ("exec sleep 100", Duration::from_secs(1), "--reader-seconds"),
            ("cat >/dev/null", Duration::from_secs(1), "--reader-seconds"),
            // An answer of no length, one that is too long to be, and one that is no declaration.
            ("head -c 17 >/dev/null; head -c 8 /dev/zero; exec sleep 100", long, "could not cope"),
            ("head -c 8 /dev/zero | tr '\\0' '\\377'; exec sleep 100", long, "could not cope"),
            ("printf '\\003\\0\\0\\0\\0\\0\\0\\0abc'; exec sleep 100", long, "could not cope"),
        ] {
            let apart = shell(script, time);
            let mut reader = apart.reader();
            // More than a pipe holds, where nobody takes it.
            let bytes: &[u8] = if time < long { &[7; 300_000] } else { &[7; 100] };
            for _ in 0..2 {
                let error = reader.declaration(bytes).unwrap_err();
                assert!(error.en.contains(says), "{script}: {error}");
                assert!(!error.sv.is_empty());
            }
            assert!(reader.skeleton(b"").is_none_or(|text| text == "abc"), "{script}");
        }
        assert!(begun.elapsed() < Duration::from_secs(40));
        let none = Apart { program: "no-such-program".into(), ..shell("", long) };
        assert!(none.reader().declaration(b"x").unwrap_err().en.contains("could not be started"));
    }
}
