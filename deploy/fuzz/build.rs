//! The libraries of the providers are instrumented, too, and call functions of libFuzzer, which the targets export to
//! them.

fn main() {
    println!("cargo:rustc-link-arg-bins=-rdynamic");
}
