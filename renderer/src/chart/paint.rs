//! A chart as a PNG.

use super::input::{Chart, ChartSeries, ChartTheme};
use super::scene::{HEIGHT, Line, Point, Role, Scene, Shape, WIDTH};
use super::write::{measured, placed};
use crate::canvas::{Canvas, error::PngError, shapes};
use crate::{png::encoded, scale::Scale};

pub(super) fn png(scene: &Scene, chart: &Chart, scale: Scale) -> Result<Vec<u8>, PngError> {
    let chart = &Chart { outline: true, series: ChartSeries::Values(Vec::new()), ..chart.clone() };
    let color = |role: Role| {
        let colors = role.colors();
        if chart.theme == ChartTheme::Dark { colors.dark } else { colors.light }
    };
    let mut canvas = Canvas::new(4 * WIDTH / 10, HEIGHT / 10, scale)?;
    for shape in &scene.shapes {
        match shape {
            Shape::Fill { role, percent, lines } => {
                let path = shapes::polygons(&points(lines), true);
                canvas.fill_with_opacity(path.as_ref(), color(*role), f32::from(*percent) / 100.0);
            }
            Shape::Stroke { role, width, is_dashed, lines } => {
                let path = shapes::polygons(&points(lines), false);
                canvas.stroke_line(path.as_ref(), color(*role), *width as f32 / 10.0, is_dashed.then_some(3.0));
            }
            Shape::Dots { role, radius, centers } => {
                for Point { x, y } in centers {
                    let dot = shapes::circle(*x as f32 / 10.0, *y as f32 / 10.0, *radius as f32 / 10.0);
                    canvas.fill(dot.as_ref(), color(*role));
                }
            }
            Shape::Text(text) => {
                let measured = measured(text, chart);
                if let Some(line) = &measured.line {
                    canvas.text(&[placed(text, line, color(text.role))]);
                }
            }
        }
    }
    encoded(canvas).map_err(PngError::Encoding)
}

fn points(lines: &[Line]) -> Vec<Vec<(f32, f32)>> {
    let point = |Point { x, y }: &Point| (*x as f32 / 10.0, *y as f32 / 10.0);
    lines.iter().map(|line| line.iter().map(point).collect()).collect()
}
