//! A resolved badge becomes JSON, SVG or PNG. Quick drawings run on the request's own thread, others on worker threads.

use std::{fmt, sync::Arc};

use badgesmith_renderer::{AddedFaces, Logo, ResolvedBadge, Scale};
use bytes::Bytes;

use super::{
    chart_cache::Charts,
    overrides::Overrides,
    threads::{DrawingFault, DrawingThreads},
};
use crate::{
    answer::Answer,
    bounded::Bounded,
    caching::{Caching, ERROR_FRESH},
    error::Error,
    format::Format,
    world::Executor,
};

/// How many letters are drawn on the request's own thread, which takes about a millisecond; at scale 2, a quarter as
/// many.
const LETTERS_AT_ONCE: usize = 256;

/// Draws badges, and caches the pictures that take longer to draw than to look up: those with an icon to decode or
/// pixels to paint.
pub(crate) struct Drawing {
    pictures: Bounded<Bytes>,
    pub(super) charts: Charts,
    pub(super) threads: DrawingThreads,
    pub(super) executor: Arc<dyn Executor>,
    /// Faces for characters that the bundled font lacks.
    pub(crate) faces: AddedFaces,
}

impl fmt::Debug for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drawing")
    }
}

/// The format and the options of the output, besides the resolved badge.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) format: Format,
    /// Whether JSON contains the style.
    pub(crate) names_style: bool,
    pub(crate) scale: Scale,
}

impl Look {
    pub(crate) fn new(format: Format, overrides: &Overrides) -> Self {
        Self { format, names_style: overrides.names_style(), scale: overrides.scale.unwrap_or(Scale::ONE) }
    }
}

/// How much work a drawing is, which decides where it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    /// On the request's own thread: handing it to another thread would take about as long.
    Small,
    /// On a worker thread, because it takes milliseconds.
    Large,
    /// On a worker thread, because a caller's logo has to be parsed.
    CallersLogo,
}

impl Effort {
    fn of(badge: &ResolvedBadge, Look { format, scale, .. }: Look) -> Self {
        let has_pixels = format == Format::Png;
        if has_pixels && badge.logo.is_some() {
            return Self::CallersLogo;
        }
        let letters = badge.label.len() + badge.message.len();
        let letters = letters + badge.segments.iter().map(|segment| segment.text.len()).sum::<usize>();
        let size = if has_pixels { usize::from(scale.factor()).pow(2) } else { 1 };
        let is_large = letters * size > LETTERS_AT_ONCE || badge.named_logo.is_some();
        // An added font may have to be read first.
        let needs_faces = (has_pixels || badge.outline) && !badge.faces.is_empty() && !is_ascii(badge);
        if needs_faces
            || (has_pixels && is_large)
            || (format == Format::Svg && badge.outline && letters > LETTERS_AT_ONCE)
        {
            Self::Large
        } else {
            Self::Small
        }
    }
}

fn is_ascii(badge: &ResolvedBadge) -> bool {
    let segments = badge.segments.iter().map(|segment| &segment.text);
    [&badge.label, &badge.message].into_iter().chain(segments).all(|text| text.is_ascii())
}

impl Drawing {
    /// Drawing with a picture cache of this size in bytes, a quarter of which is for charts.
    pub(crate) fn new(bytes: u64, executor: Arc<dyn Executor>) -> Self {
        Self {
            pictures: Bounded::new(bytes - bytes / 4),
            charts: Charts::new(bytes / 4),
            threads: DrawingThreads::default(),
            executor,
            faces: AddedFaces::default(),
        }
    }

    /// Draws the badge. A caller's logo that is not drawn in time is left out, and the picture without it is cached
    /// only as long as an error.
    ///
    /// # Errors
    /// Too many large pictures are requested at once, or drawing failed. The error badge shows its text only.
    pub(crate) async fn draw(&self, badge: ResolvedBadge, look: Look, caching: Caching) -> Result<Answer, Error> {
        let Look { format, names_style, .. } = look;
        if format == Format::Json {
            return Ok(Answer::badge(format, badgesmith_renderer::json(&badge, names_style), caching));
        }
        let badge = ResolvedBadge { faces: self.faces.clone(), ..badge };
        let effort = Effort::of(&badge, look);
        if format == Format::Svg && badge.named_logo.is_none() && effort == Effort::Small {
            return Ok(Answer::badge(format, badgesmith_renderer::svg_bytes(&badge), caching));
        }
        self.draw_cached(badge, look, effort, caching).await.map_err(Error::words_alone)
    }

    async fn draw_cached(
        &self,
        mut badge: ResolvedBadge,
        look: Look,
        effort: Effort,
        caching: Caching,
    ) -> Result<Answer, Error> {
        let Look { format, scale, .. } = look;
        let key = key(&mut badge, look);
        if let Some(picture) = self.pictures.get(&key) {
            return Ok(Answer::badge(format, Bytes::clone(&picture), caching));
        }
        let queue = match effort {
            Effort::Small => {
                let picture = picture(badge, format, scale)?;
                self.pictures.put(&key, Arc::new(picture.clone()));
                return Ok(Answer::badge(format, picture, caching));
            }
            Effort::Large => &self.threads.large,
            Effort::CallersLogo => &self.threads.callers_logos,
        };
        let without_logo = (effort == Effort::CallersLogo)
            .then(|| ResolvedBadge { logo: badge.logo.as_ref().map(Logo::blank), ..badge.clone() });
        let drawing = queue.draw(&*self.executor, move || picture(badge, format, scale));
        match (Box::pin(drawing).await, without_logo) {
            (Ok(picture), _) => {
                let picture = picture?;
                self.pictures.put(&key, Arc::new(picture.clone()));
                Ok(Answer::badge(format, picture, caching))
            }
            (Err(_), Some(badge)) => {
                let drawing = self.threads.large.draw(&*self.executor, move || picture(badge, format, scale));
                Ok(Answer::badge(format, Box::pin(drawing).await??, Caching::Fresh(ERROR_FRESH)))
            }
            (Err(fault), None) => Err(fault.into()),
        }
    }

    /// The number of pictures in the cache, and their size in bytes.
    pub(crate) fn size(&self) -> (usize, u64) {
        let ((pictures, bytes), (charts, more)) = (self.pictures.size(), self.charts.size());
        (pictures + charts, bytes + more)
    }
}

/// Draws at scale 1 on this thread; only for badges without a caller's logo.
pub(crate) fn draw_now(badge: ResolvedBadge, format: Format, caching: Caching) -> Result<Answer, Error> {
    Ok(Answer::badge(format, picture(badge, format, Scale::ONE)?, caching))
}

impl From<DrawingFault> for Error {
    fn from(fault: DrawingFault) -> Self {
        match fault {
            DrawingFault::Busy | DrawingFault::Late => Self::too_busy(),
            DrawingFault::Broken => Self::engine_failed(),
        }
    }
}

/// The cache key of a picture. A caller's logo is appended as it is, because escaping every character of it in `Debug`
/// output would block the request's thread for too long.
fn key(badge: &mut ResolvedBadge, look: Look) -> String {
    let logo = badge.logo.take();
    let mut key = format!("{:?} {:?} {badge:?}", look.format, look.scale);
    if let Some(logo) = &logo {
        key.push_str(logo.uri());
    }
    badge.logo = logo;
    key
}

/// Draws a picture with its icon.
fn picture(badge: ResolvedBadge, format: Format, scale: Scale) -> Result<Bytes, Error> {
    let badge = badge.with_icon();
    Ok(match format {
        Format::Png => badgesmith_renderer::png(&badge, scale).map_err(|_| Error::engine_failed())?.into(),
        Format::Svg | Format::Json => badgesmith_renderer::svg_bytes(&badge).into(),
    })
}
