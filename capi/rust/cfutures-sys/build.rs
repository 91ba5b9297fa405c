//! Finds libcfutures by pkg-config: PKG_CONFIG_PATH names the place when it is not a usual one.

fn main() {
    let library = match pkg_config::Config::new().range_version("0.1".."0.2").probe("cfutures") {
        Ok(library) => library,
        Err(error) => panic!("{error}"),
    };
    // For the test that compares the declarations with the header.
    let folders: Vec<_> = library.include_paths.iter().map(|p| p.display().to_string()).collect();
    println!("cargo:rustc-env=CFUTURES_INCLUDE={}", folders.join(":"));
}
