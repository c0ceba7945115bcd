//! Random SVGs of plain shapes, determined by a seed.
#![allow(clippy::expect_used)]

/// A generator of one document.
pub(crate) struct RandomShapes {
    state: u64,
    definitions: String,
    ids: usize,
}

impl RandomShapes {
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), definitions: String::new(), ids: 0 }
    }

    pub(crate) fn document(&mut self) -> String {
        let (width, height) = (10 + self.below(90), 10 + self.below(90));
        let size = match self.below(4) {
            0 => format!("width='{width}' height='{height}'"),
            1 => format!("viewBox='0 0 {width} {height}'"),
            2 => format!("width='{}mm' height='20' viewBox='-5 -5 {width} {height}'", 10 + self.below(20)),
            _ => {
                let aspect = self.one_of(&["none", "xMinYMax slice", "xMidYMid meet", "xMaxYMin"]);
                format!("width='40' height='30' preserveAspectRatio='{aspect}' viewBox='0 0 {width} {height}'")
            }
        };
        let content: String = (0..3 + self.below(6)).map(|_| self.node(3)).collect();
        let definitions = std::mem::take(&mut self.definitions);
        let look = if self.below(3) == 0 { self.look() } else { String::new() };
        format!(
            "<?xml version='1.0'?><!-- shapes --><svg xmlns='http://www.w3.org/2000/svg' \
             xmlns:xlink='http://www.w3.org/1999/xlink' {size} {look}><title>Shapes</title>\
             <defs>{definitions}</defs>{content}</svg>"
        )
    }

    /// A number below `most`, by xorshift64*.
    fn below(&mut self, most: u64) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        (self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % most
    }

    fn one_of<'a>(&mut self, texts: &[&'a str]) -> &'a str {
        texts[self.below(texts.len() as u64) as usize]
    }

    /// A number in one of its notations.
    fn number(&mut self) -> String {
        let number = self.below(60_000) as f64 / 1000.0 - 10.0;
        match self.below(5) {
            0 => format!("{}", number.round()),
            1 => format!("{number:e}"),
            2 => format!("+{:.2}", number.abs()),
            _ => format!("{number:.3}"),
        }
    }

    fn positive(&mut self) -> String {
        format!("{:.2}", self.below(3000) as f64 / 100.0 + 0.5)
    }

    fn node(&mut self, depth: usize) -> String {
        let look = self.look();
        match self.below(if depth == 0 { 7 } else { 10 }) {
            0 => {
                let (x, y, w, h) = (self.number(), self.number(), self.positive(), self.positive());
                let round = if self.below(2) == 0 { format!("rx='{}'", self.positive()) } else { String::new() };
                format!("<rect x='{x}' y='{y}' width='{w}' height='{h}' {round} {look}/>")
            }
            1 => format!("<circle cx='{}' cy='{}' r='{}' {look}/>", self.number(), self.number(), self.positive()),
            2 => {
                let (x, y) = (self.number(), self.number());
                format!("<ellipse cx='{x}' cy='{y}' rx='{}' ry='30%' {look}/>", self.positive())
            }
            3 => {
                let (x, y) = (self.number(), self.number());
                format!("<line x1='{x}' y1='{y}' x2='{}' y2='{}' {look}/>", self.number(), self.number())
            }
            4 => {
                let kind = self.one_of(&["polyline", "polygon"]);
                let count = 2 * (2 + self.below(6));
                let points: Vec<String> = (0..count).map(|_| self.number()).collect();
                format!("<{kind} points='{}' {look}/>", points.join(self.one_of(&[" ", ","])))
            }
            5 | 6 => format!("<path d='{}' {look}/>", self.path()),
            7 => {
                let id = self.id();
                let shape = self.node(0);
                self.definitions += &format!("<g id='{id}'>{shape}</g>");
                let href = self.one_of(&["href", "xlink:href"]);
                format!("<use {href}='#{id}' x='{}' {look}/>", self.number())
            }
            _ => {
                let content: String = (0..1 + self.below(3)).map(|_| self.node(depth - 1)).collect();
                let kind = self.one_of(&["g", "g", "a"]);
                format!("<{kind} {look}>{content}</{kind}>")
            }
        }
    }

    fn path(&mut self) -> String {
        let mut path = format!("M{} {}", self.number(), self.number());
        for _ in 0..2 + self.below(10) {
            let letter = self
                .one_of(&["L", "l", "H", "h", "V", "v", "C", "c", "S", "s", "Q", "q", "T", "t", "A", "a", "Z", "m"]);
            path += letter;
            if letter.eq_ignore_ascii_case("a") {
                path += &format!(
                    "{} {} {} {}{} ",
                    self.positive(),
                    self.positive(),
                    self.number(),
                    self.below(2),
                    self.below(2)
                );
            }
            let numbers = match letter.to_ascii_lowercase().as_str() {
                "h" | "v" => 1,
                "c" => 6,
                "s" | "q" => 4,
                "z" => 0,
                _ => 2,
            };
            let numbers: Vec<String> = (0..numbers).map(|_| self.number()).collect();
            path += &numbers.join(" ");
        }
        path
    }

    fn look(&mut self) -> String {
        let mut properties = Vec::new();
        for _ in 0..self.below(5) {
            let property = self.property();
            let name = property.0;
            if properties.iter().all(|(other, _)| *other != name) {
                properties.push(property);
            }
        }
        let transform = if self.below(3) == 0 { format!(" transform='{}'", self.transform()) } else { String::new() };
        if self.below(2) == 0 {
            let style: Vec<String> = properties.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            format!("style='{}'{transform}", style.join(";"))
        } else {
            let attributes: Vec<String> = properties.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
            attributes.join(" ") + &transform
        }
    }

    fn property(&mut self) -> (&'static str, String) {
        match self.below(14) {
            0..=2 => ("fill", self.paint()),
            3 | 4 => ("stroke", self.paint()),
            5 => ("stroke-width", self.positive()),
            6 => ("opacity", self.one_of(&[".5", "40%", "1", "7"]).to_owned()),
            7 => ("fill-opacity", self.one_of(&[".25", "80%"]).to_owned()),
            8 => ("fill-rule", self.one_of(&["evenodd", "nonzero"]).to_owned()),
            9 => ("stroke-linejoin", self.one_of(&["round", "bevel", "miter"]).to_owned()),
            10 => ("stroke-linecap", self.one_of(&["round", "square", "butt"]).to_owned()),
            11 => ("paint-order", self.one_of(&["stroke", "fill stroke", "markers"]).to_owned()),
            12 => ("color", self.color()),
            _ => ("clip-path", self.clip()),
        }
    }

    fn color(&mut self) -> String {
        let (red, green, blue) = (self.below(256), self.below(256), self.below(256));
        match self.below(6) {
            0 => format!("#{red:02X}{green:02x}{blue:02x}"),
            1 => format!("rgb({red}, {green}, {blue})"),
            2 => format!("rgba({red},{green},{blue},0.{})", self.below(100)),
            3 => format!("hsl({}, 50%, 40%)", red),
            4 => self.one_of(&["red", "RebeccaPurple", "transparent", "#abc", "#1238"]).to_owned(),
            _ => "currentColor".to_owned(),
        }
    }

    fn paint(&mut self) -> String {
        match self.below(8) {
            0 => "none".to_owned(),
            1 => "inherit".to_owned(),
            2 => format!("url(#{})", self.gradient()),
            3 => format!("url(#missing) {}", self.color()),
            4 => "no such colour".to_owned(),
            _ => self.color(),
        }
    }

    fn id(&mut self) -> String {
        self.ids += 1;
        format!("the {} <&amp;> {}", "id", self.ids).replace([' ', '<', '>'], "_").replace("&amp;", "é")
    }

    fn gradient(&mut self) -> String {
        let (id, base) = (self.id(), self.id());
        let stops: String = (0..self.below(5))
            .map(|at| {
                format!("<stop offset='{}%' style='stop-color:{}' stop-opacity='.{}'/>", at * 30, self.color(), 9 - at)
            })
            .collect();
        let kind = self.one_of(&["linearGradient", "radialGradient"]);
        let spread = self.one_of(&["pad", "reflect", "repeat"]);
        let units = self.one_of(&["", "gradientUnits='userSpaceOnUse'", "gradientTransform='rotate(30)'"]);
        self.definitions += &format!(
            "<{kind} id='{base}' {units}>{stops}</{kind}><{kind} id='{id}' xlink:href='#{base}' \
             spreadMethod='{spread}' x1='10%' y2='.5' r='60%' fx='.3'/>"
        );
        id
    }

    fn clip(&mut self) -> String {
        let id = self.id();
        let units = self.one_of(&["", "clipPathUnits='objectBoundingBox'", "transform='scale(.7)'"]);
        let path = if units.contains("Bounding") { "M0 0L1 .2.4 1z".to_owned() } else { self.path() };
        self.definitions += &format!("<clipPath id='{id}' {units}><path clip-rule='evenodd' d='{path}'/></clipPath>");
        format!("url(#{id})")
    }

    fn transform(&mut self) -> String {
        match self.below(7) {
            0 => format!("translate({} {})", self.number(), self.number()),
            1 => format!("scale({})", self.one_of(&["2", ".5", "-1 1", "1.5,.7"])),
            2 => format!("rotate({})", self.number()),
            3 => format!("rotate({} 5 5) translate(1)", self.number()),
            4 => "skewX(20)".to_owned(),
            5 => "matrix(1 .2 -.3 .9 2 1)".to_owned(),
            _ => "translate(3,2)scale(1.1)".to_owned(),
        }
    }
}
