//! Times of the command line: durations, points in time, and what a guest's clock shall be.

use std::time::{Duration, SystemTime};

use fulgurite_wasi::Clock;

/// What a duration looks like, for messages.
const DURATION: &str = "a duration is a number with ns, us, ms, s, m or h, or several of these: 500ms, 1.5s, 1h30m";

/// What a point in time looks like, for messages.
const TIME: &str = "a time is YYYY-MM-DDTHH:MM:SS with Z or an offset such as +02:00, or a number of seconds since 1970";

/// Reads a duration: numbers with units, added up. A number alone is seconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || DURATION.to_owned();
    let mut total = Duration::ZERO;
    let mut rest = text;
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let nanoseconds: u64 = match unit {
            "ns" => 1,
            "us" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            // Without a unit only if nothing else was said.
            "" if after.is_empty() && digits == text.len() => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return Err(wrong()),
        };
        let part = parse_decimal(number, nanoseconds).ok_or_else(wrong)?;
        total = total.checked_add(Duration::from_nanos(part)).ok_or_else(wrong)?;
        rest = after;
    }
    Ok(total)
}

/// A decimal number times `unit`, rounded down; `None` if it is none or too large.
fn parse_decimal(text: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut total = whole.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.chars() {
        place /= 10;
        total = total.checked_add(u64::from(digit.to_digit(10)?) * place)?;
    }
    Some(total)
}

/// Reads a point in time: RFC 3339, or seconds since 1970.
pub fn parse_time(text: &str) -> Result<SystemTime, String> {
    let nanoseconds = if text.contains('T') || text.contains('t') { rfc3339(text) } else { parse_decimal(text, 1_000_000_000) };
    nanoseconds.map(|time| SystemTime::UNIX_EPOCH + Duration::from_nanos(time)).ok_or_else(|| TIME.to_owned())
}

/// Nanoseconds since 1970 of a time such as `2026-01-31T12:00:00.5+02:00`; none before that.
fn rfc3339(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't'])?;
    let date: Vec<u32> = numbers(date, '-', &[4, 2, 2])?;
    let (time, offset) = match time.strip_suffix(['Z', 'z']) {
        Some(time) => (time, 0),
        None => {
            let sign = time.rfind(['+', '-'])?;
            let offset = numbers(&time[sign + 1..], ':', &[2, 2])?;
            let seconds = i64::from(offset[0] * 3600 + offset[1] * 60);
            (&time[..sign], if time.as_bytes()[sign] == b'-' { -seconds } else { seconds })
        }
    };
    let (time, fraction) = time.split_once('.').map_or((time, ".0".to_owned()), |(time, digits)| (time, format!(".{digits}")));
    let time: Vec<u32> = numbers(time, ':', &[2, 2, 2])?;
    let (&[year, month, day], &[hour, minute, second]) = (date.as_slice(), time.as_slice()) else { return None };
    // A leap second is the one after it, as for most clocks.
    if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let days_before_year = |year: i64| year * 365 + year / 4 - year / 100 + year / 400;
    let days = days_before_year(i64::from(year) - 1) - days_before_year(1969)
        + (1..month).map(|month| i64::from(days_of_month(year, month))).sum::<i64>()
        + i64::from(day - 1);
    let seconds = days * 86_400 + i64::from(hour * 3600 + minute * 60 + second) - offset;
    u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?.checked_add(parse_decimal(&fraction, 1_000_000_000)?)
}

/// Numbers of exactly so many digits each, with a separator between.
fn numbers(text: &str, separator: char, digits: &[usize]) -> Option<Vec<u32>> {
    let parts: Vec<&str> = text.split(separator).collect();
    if parts.len() != digits.len() {
        return None;
    }
    let number = |(part, &digits): (&&str, &usize)| {
        if part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()) { part.parse().ok() } else { None }
    };
    parts.iter().zip(digits).map(number).collect()
}

/// How many days a month has.
fn days_of_month(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Reads what a guest's clock shall be: `real`, `offset:[-]DURATION`, `fixed:TIME` or `step:DURATION[@TIME]`.
pub fn parse_clock(text: &str) -> Result<Clock, String> {
    match text.split_once(':') {
        None if text == "real" => Ok(Clock::real()),
        Some(("offset", offset)) => {
            let (negative, offset) = match offset.strip_prefix('-') {
                Some(offset) => (true, offset),
                None => (false, offset.strip_prefix('+').unwrap_or(offset)),
            };
            let nanoseconds = i64::try_from(parse_duration(offset)?.as_nanos()).map_err(|_| DURATION.to_owned())?;
            Ok(Clock::offset(if negative { -nanoseconds } else { nanoseconds }))
        }
        Some(("fixed", time)) => Ok(Clock::fixed(parse_time(time)?)),
        Some(("step", step)) => {
            let (step, start) = step.split_once('@').unwrap_or((step, "0"));
            Ok(Clock::stepped(parse_time(start)?, parse_duration(step)?))
        }
        _ => Err("a clock is real, offset:[-]DURATION, fixed:TIME or step:DURATION[@TIME]".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let nanoseconds = |text: &str| parse_duration(text).map(|duration| duration.as_nanos()).ok();
        assert_eq!(nanoseconds("2"), Some(2_000_000_000));
        assert_eq!(nanoseconds("1.5"), Some(1_500_000_000));
        assert_eq!(nanoseconds("500ms"), Some(500_000_000));
        assert_eq!(nanoseconds("1h30m"), Some(5_400_000_000_000));
        assert_eq!(nanoseconds(".25s"), Some(250_000_000));
        assert_eq!(nanoseconds("0"), Some(0));
        assert_eq!(nanoseconds("3us7ns"), Some(3_007));
        for bad in ["", "s", "1d", "-1s", "1 s", "1.2.3s", ".", "1h30", "1s ", "99999999999999h", "\u{e4}", "1e3"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times() {
        let seconds =
            |text: &str| parse_time(text).ok().map(|time| time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64());
        assert_eq!(seconds("0"), Some(0.0));
        assert_eq!(seconds("1000000000"), Some(1e9));
        assert_eq!(seconds("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(seconds("2001-09-09T01:46:40Z"), Some(1e9));
        assert_eq!(seconds("2001-09-09T03:46:40.5+02:00"), Some(1e9 + 0.5));
        assert_eq!(seconds("2001-09-08T20:16:40-05:30"), Some(1e9));
        assert_eq!(seconds("2000-02-29T00:00:00Z"), Some(951_782_400.0));
        assert_eq!(seconds("2038-01-19T03:14:08z"), Some(2_147_483_648.0));
        for bad in
            ["", "now", "2001-02-29T00:00:00Z", "2001-13-01T00:00:00Z", "2001-09-09T01:46:40", "2001-9-9T01:46:40Z", "1969-12-31T23:59:59Z"]
        {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
        for bad in
            ["9999-01-01T00:00:00Z", "2001-09-09T24:00:00Z", "2001-09-09T01:46:40+2:00", "2001-09-09T01:46:40.x+02:00", "T", "\u{e4}TZ"]
        {
            assert!(parse_time(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn clocks() {
        assert_eq!(parse_clock("fixed:2001-09-09T01:46:40Z").map(|clock| clock.time_of_day()), Ok(1_000_000_000_000_000_000));
        assert_eq!(parse_clock("step:1ms@5").map(|clock| clock.time_of_day()), Ok(5_000_000_000));
        assert_eq!(parse_clock("step:1ms").map(|clock| clock.time_of_day()), Ok(0));
        for good in ["real", "offset:-1h", "offset:+2s", "offset:0"] {
            assert!(parse_clock(good).is_ok(), "{good}");
        }
        for bad in ["", "unreal", "real:", "fixed", "fixed:x", "step:", "step:1ms@", "offset:-", "offset:99999999h"] {
            assert!(parse_clock(bad).is_err(), "{bad}");
        }
    }
}
