//! A minimal program that draws a badge, to measure the size of each feature; see `measure.sh`.

use badgesmith_renderer::{ResolvedBadge, svg};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let mut badge = ResolvedBadge::new(next(), next());
    badge.named_logo = Some(next());
    badge.outline = next() == "outline";
    println!("{}", svg(&badge.clone().with_icon()));
    #[cfg(feature = "png")]
    println!("{:?}", badgesmith_renderer::png(&badge, badgesmith_renderer::Scale::ONE));
}
