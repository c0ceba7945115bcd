//! Exports functions of libFuzzer from the targets: the libraries of the providers are instrumented too, and call these
//! functions.

fn main() {
    println!("cargo:rustc-link-arg-bins=-rdynamic");
}
