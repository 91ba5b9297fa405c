//! Puts every declaration of the crate before a C compiler, together with the header: types that
//! differ are an error there. The names are compared both ways.

use cfutures_sys::{CALLBACKS, CONSTANTS, FUNCTIONS};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::{env, fs, path::Path};

fn include_folders() -> impl Iterator<Item = &'static str> {
    env!("CFUTURES_INCLUDE").split(':').filter(|f| !f.is_empty())
}

fn header() -> String {
    let file = include_folders()
        .chain(["/usr/include"])
        .map(|folder| Path::new(folder).join("cfutures/cfutures.h"))
        .find(|file| file.exists())
        .expect("there is no cfutures/cfutures.h where pkg-config says");
    fs::read_to_string(file).unwrap()
}

/// A type as C spells it: "*const *mut cf_future_t" is "cf_future_t * const *".
fn c_type(rust: &str) -> String {
    let rust = rust.trim();
    if let Some(pointee) = rust.strip_prefix("*const ") {
        format!("{} const *", c_type(pointee))
    } else if let Some(pointee) = rust.strip_prefix("*mut ") {
        format!("{} *", c_type(pointee))
    } else {
        match rust {
            "" | "c_void" => "void".into(),
            "c_char" => "char".into(),
            "i32" => "int32_t".into(),
            "i64" => "int64_t".into(),
            "u8" => "uint8_t".into(),
            "u32" => "uint32_t".into(),
            "u64" => "uint64_t".into(),
            "usize" => "size_t".into(),
            "f64" => "double".into(),
            name => {
                assert!(name.starts_with("cf_"), "no C type is known for {name}");
                name.into()
            }
        }
    }
}

fn c_parameters(rust: &[&str]) -> String {
    match rust {
        [] => "void".into(),
        types => types.iter().map(|t| c_type(t)).collect::<Vec<_>>().join(", "),
    }
}

/// Compiles a C program with the header; says what the compiler says.
fn compile(program: &str) -> Result<(), String> {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut process = Command::new(compiler)
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only"])
        .args(include_folders().map(|folder| format!("-I{folder}")))
        .args(["-x", "c", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a C compiler is needed to compare with the header");
    process.stdin.take().unwrap().write_all(program.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn functions_have_the_types_of_the_header() {
    let mut program = String::from("#include <cfutures/cfutures.h>\n");
    for (name, parameters, result) in FUNCTIONS {
        writeln!(program, "{} {name}({});", c_type(result), c_parameters(parameters)).unwrap();
    }
    compile(&program).unwrap();
}

#[test]
fn callbacks_have_the_types_of_the_header() {
    let mut program = String::from("#include <cfutures/cfutures.h>\n");
    for (name, parameters, result) in CALLBACKS {
        let (result, parameters) = (c_type(result), c_parameters(parameters));
        writeln!(program, "typedef {result} (*rust_{name})({parameters});").unwrap();
        writeln!(
            program,
            "_Static_assert(_Generic((rust_{name})0, {name}: 1, default: 0), \"{name}\");"
        )
        .unwrap();
    }
    compile(&program).unwrap();
}

#[test]
fn constants_have_the_values_of_the_header() {
    let mut program = String::from("#include <cfutures/cfutures.h>\n");
    for (name, value) in CONSTANTS {
        writeln!(program, "_Static_assert({name} == {value}, \"{name}\");").unwrap();
    }
    compile(&program).unwrap();
}

#[test]
fn what_differs_from_the_header_is_found() {
    let program = "#include <cfutures/cfutures.h>\nint64_t cf_version_number(void);\n";
    assert!(compile(program).unwrap_err().contains("cf_version_number"));
}

/// The word before each "(" that follows a CFUTURES_API.
fn exported_functions(header: &str) -> BTreeSet<&str> {
    header
        .split("CFUTURES_API ")
        .skip(1)
        .filter_map(|text| text.split_once('('))
        .filter_map(|(declaration, _)| declaration.split_whitespace().last())
        .map(|word| word.trim_start_matches('*'))
        .filter(|word| word.starts_with("cf_"))
        .collect()
}

#[test]
fn every_function_of_the_header_is_declared() {
    let header = header();
    let declared: BTreeSet<&str> = FUNCTIONS.iter().map(|(name, ..)| *name).collect();
    let exported = exported_functions(&header);
    assert!(exported.len() > 100, "the header was not understood");
    assert_eq!(
        exported.difference(&declared).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "declare these in src/lib.rs"
    );
}

#[test]
fn the_library_that_is_linked_has_the_version_of_the_crate() {
    let version = unsafe { std::ffi::CStr::from_ptr(cfutures_sys::cf_version_string()) };
    let (library, krate) = (version.to_str().unwrap(), env!("CARGO_PKG_VERSION"));
    let minor = |version: &str| version.rsplit_once('.').unwrap().0.to_string();
    assert_eq!(minor(library), minor(krate));
}
