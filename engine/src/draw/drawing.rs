//! A resolved badge becomes JSON, SVG or PNG: on the thread that serves where that is quick, else on a thread for
//! drawing.

use std::{fmt, sync::Arc};

use badgesmith_renderer::{Logo, ResolvedBadge, Scale};
use bytes::Bytes;

use super::{
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

/// How many letters are drawn at once on the thread that serves, at twice the size a quarter as many: about a
/// millisecond's work.
const LETTERS_AT_ONCE: usize = 256;

/// Draws badges, and caches the pictures that take longer to draw than to look up: those with an icon to decode or
/// pixels to paint.
pub(crate) struct Drawing {
    pictures: Bounded<Bytes>,
    threads: DrawingThreads,
    executor: Arc<dyn Executor>,
}

impl fmt::Debug for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drawing")
    }
}

/// What decides how a resolved badge is sent.
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) format: Format,
    /// Whether JSON repeats the style.
    pub(crate) names_style: bool,
    pub(crate) scale: Scale,
}

impl Look {
    pub(crate) fn new(format: Format, overrides: &Overrides) -> Self {
        Self { format, names_style: overrides.names_style(), scale: overrides.scale.unwrap_or(Scale::ONE) }
    }
}

/// Where a badge is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effort {
    /// On the thread that serves: drawing it takes little longer than handing it to another thread.
    Small,
    /// On a thread for drawing, since it takes milliseconds.
    Large,
    /// On a thread for drawing, since a caller's logo has to be parsed.
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
        if (has_pixels && is_large) || (format == Format::Svg && badge.outline && letters > LETTERS_AT_ONCE) {
            Self::Large
        } else {
            Self::Small
        }
    }
}

impl Drawing {
    /// Draws badges; the cache takes so many bytes.
    pub(crate) fn new(bytes: u64, executor: Arc<dyn Executor>) -> Self {
        Self { pictures: Bounded::new(bytes), threads: DrawingThreads::default(), executor }
    }

    /// The badge in its form. A caller's logo that cannot be drawn in time is left out, and the picture without it may
    /// be cached for as long as an error's.
    ///
    /// # Errors
    /// Too many large pictures are asked for at once, or drawing failed. The error's picture shows its words alone.
    pub(crate) async fn draw(&self, badge: ResolvedBadge, look: Look, caching: Caching) -> Result<Answer, Error> {
        let Look { format, names_style, .. } = look;
        if format == Format::Json {
            return Ok(Answer::badge(format, badgesmith_renderer::json(&badge, names_style), caching));
        }
        let effort = Effort::of(&badge, look);
        if format == Format::Svg && badge.named_logo.is_none() && effort == Effort::Small {
            return Ok(Answer::badge(format, badgesmith_renderer::svg(&badge), caching));
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

    /// How many pictures the cache holds, and how many bytes.
    pub(crate) fn size(&self) -> (usize, u64) {
        self.pictures.size()
    }
}

/// A picture at its own size, drawn on this thread: only for badges without a caller's logo.
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

/// The key of a picture in the cache. A caller's logo stands at its end as it is: as a quoted text, which takes every
/// letter by itself, it would hold up the thread that serves.
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
        Format::Svg | Format::Json => badgesmith_renderer::svg(&badge).into(),
    })
}
