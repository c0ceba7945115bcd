//! The smallest program that draws, to measure what each feature costs; see `measure.sh`.

use badgesmith_renderer::{ResolvedBadge, svg};

fn main() {
    let mut words = std::env::args().skip(1);
    let mut next = || words.next().unwrap_or_default();
    let mut badge = ResolvedBadge::new(next(), next());
    badge.named_logo = Some(next());
    badge.outline = next() == "outline";
    println!("{}", svg(&badge.clone().with_icon()));
    #[cfg(feature = "png")]
    println!("{:?}", badgesmith_renderer::png(&badge, badgesmith_renderer::Scale::ONE));
}
