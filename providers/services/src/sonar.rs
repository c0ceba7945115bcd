//! SonarQube: the measures of a component on the server that the caller names.

use badgesmith_provider::{
    Badge, Call, Failure, Step, color,
    format::{metric, whole_percent},
};
use serde_json::Value;

use crate::{
    failures::{json, not_found},
    host::Host,
    reading::{at, list},
    tests_badge::TestCounts,
};

/// The colors of shares for which less is better; in reverse order those of shares for which more is better.
const SHARE_COLORS: [&str; 5] = ["brightgreen", "yellowgreen", "yellow", "orange", "red"];
const SHARE_STEPS: [f64; 4] = [10.0, 20.0, 50.0, 100.0];
/// The kinds of violations, the worst first, and their colors.
const VIOLATIONS: [Violation; 5] = [
    Violation { kind: "blocker", color: "red" },
    Violation { kind: "critical", color: "orange" },
    Violation { kind: "major", color: "yellow" },
    Violation { kind: "minor", color: "yellowgreen" },
    Violation { kind: "info", color: "green" },
];

struct Violation {
    kind: &'static str,
    color: &'static str,
}

/// The measures in an answer.
struct Measures(Vec<Value>);

/// The parameters of an address.
struct Asked {
    host: Host,
    metric: String,
    component: String,
    branch: String,
}

/// The badge of a metric.
pub(crate) fn badge(call: &Call) -> Result<Badge, Step> {
    let asked = Asked::of(call)?;
    let name = asked.metric.as_str();
    let is_long = name == "violations" && call.query("format") == Some("long");
    let keys = match name {
        "quality_gate" => "alert_status".to_owned(),
        "tech_debt" => "sqale_debt_ratio".to_owned(),
        "tests" => "tests,test_failures,skipped_tests".to_owned(),
        "total_tests" => "tests".to_owned(),
        _ if is_long => {
            let kinds = VIOLATIONS.iter().map(|Violation { kind, .. }| format!(",{kind}_violations"));
            format!("violations{}", kinds.collect::<String>())
        }
        _ => name.to_owned(),
    };
    let measures = asked.measures(call, &keys)?;
    let value = || measures.number(keys.as_str());
    let label = name.replace('_', " ");
    Ok(match name {
        "coverage" => Badge::new(whole_percent(value()?)).color(color::coverage(value()?)),
        "quality_gate" | "alert_status" => match measures.text(&keys)? {
            "OK" => Badge::new("passed").color("brightgreen"),
            _ => Badge::new("failed").color("red"),
        },
        "tech_debt" | "sqale_debt_ratio" => {
            Badge::new(format!("{}%", value()?)).color(share(value()?, false)).label(label)
        }
        "public_documented_api_density" => {
            Badge::new(format!("{}%", value()?)).color(share(value()?, true)).label(label)
        }
        "fortify-security-rating" => {
            let colors = ["red", "orange", "yellow", "yellowgreen", "green", "brightgreen"];
            let color = colors.get(value()? as usize).copied().unwrap_or("lightgrey");
            Badge::new(format!("{}/5", value()?)).color(color).label(name)
        }
        "tests" => measures.tests()?.badge(call).label("tests"),
        "test_success_density" => Badge::new(format!("{}%", value()?))
            .color(if value()? == 100.0 { "brightgreen" } else { "red" })
            .label("tests"),
        "test_failures" | "test_errors" => {
            Badge::new(metric(value()?)).color(if value()? == 0.0 { "brightgreen" } else { "red" }).label(label)
        }
        "violations" if is_long => measures.violations()?.label("violations"),
        "violations" => {
            let colors = [(1.0, "brightgreen"), (2.0, "yellowgreen"), (3.0, "yellow"), (5.0, "orange")];
            let count = value()?;
            let color = colors.iter().find(|(below, _)| count < *below).map_or("red", |(_, color)| color);
            Badge::new(metric(count)).color(color).label(label)
        }
        _ => match VIOLATIONS.iter().find(|violation| name.strip_suffix("_violations") == Some(violation.kind)) {
            Some(violation) => {
                let color = if value()? == 0.0 { "brightgreen" } else { violation.color };
                Badge::new(metric(value()?)).color(color).label(label)
            }
            None => Badge::new(metric(value()?)).color("blue").label(label),
        },
    })
}

impl Asked {
    /// Reads `/sonar/METRIC/COMPONENT/BRANCH?server=…`, and the older `/sonar/VERSION/https/HOST/COMPONENT/METRIC`, in
    /// which the version may be missing.
    fn of(call: &Call) -> Result<Self, Failure> {
        let (metric, component, branch) = (call.param("metric"), call.param("component"), call.param("branch"));
        let is_scheme = |text: &str| matches!(text, "http" | "https");
        let path = match (is_scheme(metric), is_scheme(component)) {
            (true, _) => format!("{metric}/{component}/{branch}"),
            (_, true) => format!("{component}/{branch}"),
            _ => {
                let host = Host::required(call, "sonar", "server")?;
                let [metric, component, branch] = [metric, component, branch].map(str::to_owned);
                return Ok(Self { host, metric, component, branch });
            }
        };
        let parts = path.rsplitn(3, '/').collect::<Vec<_>>();
        let [metric, component, server] = parts[..] else { return Err(crate::failures::invalid_query("server")) };
        let host = Host::named(&server.replacen('/', "://", 1), call.setting("sonar"), "server")?;
        Ok(Self { host, metric: metric.to_owned(), component: component.to_owned(), branch: String::new() })
    }

    fn measures(&self, call: &Call, keys: &str) -> Result<Measures, Step> {
        let request = self.host.get("api/measures/component", []);
        let mut request = request.query("component", &*self.component).query("metricKeys", keys);
        if !self.branch.is_empty() {
            request = request.query("branch", &*self.branch);
        }
        let missing = "component or metric not found, or legacy API not supported";
        let answer = json(call.fetch(request)?, missing)?;
        match list(&answer, "/component/measures")? {
            [] => Err(not_found("metric not found").into()),
            measures => Ok(Measures(measures.to_vec())),
        }
    }
}

impl Measures {
    fn value(&self, name: &str) -> Result<&Value, Failure> {
        let measure = self.0.iter().find(|measure| at(measure, "/metric") == name);
        measure.map(|measure| at(measure, "/value")).ok_or_else(|| not_found("metric not found"))
    }

    fn text(&self, name: &str) -> Result<&str, Failure> {
        self.value(name)?.as_str().ok_or_else(Failure::invalid_response)
    }

    /// The whole part of a measure, or the measure itself below 1.
    fn number(&self, name: &str) -> Result<f64, Failure> {
        let number = badgesmith_provider::format::number(self.value(name)?);
        let number = number.filter(|number| *number >= 0.0).ok_or_else(Failure::invalid_response)?;
        Ok(if number < 1.0 { number } else { number.trunc() })
    }

    fn tests(&self) -> Result<TestCounts, Failure> {
        let count = |name: &str| self.number(name).map(|number| number as u64);
        let (total, failed, skipped) = (count("tests")?, count("test_failures")?, count("skipped_tests")?);
        Ok(TestCounts { passed: total.saturating_sub(failed.saturating_add(skipped)), failed, skipped, total })
    }

    /// The numbers of violations of each kind; the color is that of the worst.
    fn violations(&self) -> Result<Badge, Failure> {
        if self.number("violations")? == 0.0 {
            return Ok(Badge::new("0").color("brightgreen"));
        }
        let mut texts = Vec::new();
        let mut worst = None;
        for Violation { kind, color } in &VIOLATIONS {
            let count = self.number(&format!("{kind}_violations"))?;
            if count > 0.0 {
                texts.push(format!("{count} {kind}"));
                worst = worst.or(Some(*color));
            }
        }
        Ok(Badge::new(texts.join(", ")).color(worst.ok_or_else(Failure::invalid_response)?))
    }
}

/// The color of a share in percent.
fn share(percent: f64, is_good: bool) -> &'static str {
    let step = SHARE_STEPS.iter().position(|step| percent < *step).unwrap_or(SHARE_STEPS.len());
    SHARE_COLORS[if is_good { SHARE_STEPS.len() - step } else { step }]
}
