fn main() {
    napi_build::setup();
    // Not on Windows, whose locks are a handle's.
    if std::env::var_os("CARGO_CFG_UNIX").is_some() {
        let source = "src/driver/sqlite/locks/fcntl.c";
        println!("cargo:rerun-if-changed={source}");
        cc::Build::new().file(source).compile("rust_auth_locks");
    }
}
