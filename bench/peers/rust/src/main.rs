// SPDX-License-Identifier: Apache-2.0
//
// The published influxdb-line-protocol crate (the parser of InfluxDB 3), every value decoded.
// Usage: FILE PASSES. Prints one JSON object; bench/README.md says what each number means.
use std::error::Error;
use std::hint::black_box;

use influxdb_line_protocol::{parse_lines, FieldValue, ParsedLine};

const PIECE_BYTES: usize = 64 << 10;

/// What was read, added up modulo 2^64.
#[derive(Default)]
struct Tally {
    lines: u64,
    tags: u64,
    fields: u64,
    times: u64,
    names: u64,
    numbers: u64,
    strings: u64,
}

fn bytes(text: &str) -> u64 {
    text.bytes().map(u64::from).sum()
}

fn number(value: f64) -> u64 {
    (value * 1024.0) as i64 as u64
}

impl Tally {
    fn add_value(&mut self, value: &FieldValue<'_>) {
        let sum = match value {
            FieldValue::I64(v) => number(*v as f64),
            FieldValue::U64(v) => number(*v as f64),
            FieldValue::F64(v) => number(*v),
            FieldValue::Boolean(v) => number(f64::from(u8::from(*v))),
            FieldValue::String(v) => {
                self.strings += bytes(v.as_str());
                0
            }
        };
        self.numbers = self.numbers.wrapping_add(sum);
    }

    fn add(&mut self, line: &ParsedLine<'_>) {
        self.lines += 1;
        self.names += bytes(line.series.measurement.as_str());
        for (key, value) in line.series.tag_set.iter().flatten() {
            self.tags += 1;
            self.names += bytes(key.as_str()) + bytes(value.as_str());
        }
        for (key, value) in &line.field_set {
            self.fields += 1;
            self.names += bytes(key.as_str());
            self.add_value(value);
        }
        self.times = self.times.wrapping_add(line.timestamp.unwrap_or(0) as u64);
    }
}

/// Looks at each value: what is timed.
fn touch(line: &ParsedLine<'_>) -> u64 {
    let mut sum = line.series.measurement.len() as u64;
    for (key, value) in line.series.tag_set.iter().flatten() {
        sum = sum.wrapping_add((key.len() + value.len()) as u64);
    }
    for (key, value) in &line.field_set {
        let part = match value {
            FieldValue::I64(v) => *v as u64,
            FieldValue::U64(v) => *v,
            FieldValue::F64(v) => v.to_bits(),
            FieldValue::Boolean(v) => u64::from(*v),
            FieldValue::String(v) => v.len() as u64,
        };
        sum = sum.wrapping_add(key.len() as u64).wrapping_add(part);
    }
    sum.wrapping_add(line.timestamp.unwrap_or(0) as u64)
}

/// Cuts at the last line feed of every 64 KiB.
fn pieces(body: &str) -> Vec<&str> {
    let mut all = Vec::new();
    let mut rest = body;
    while !rest.is_empty() {
        let limit = rest.len().min(PIECE_BYTES);
        let end = 1 + rest.as_bytes()[..limit]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .expect("a line is shorter than a piece");
        all.push(&rest[..end]);
        rest = &rest[end..];
    }
    all
}

/// CPU time of this thread: other programs may run meanwhile.
fn cpu_seconds() -> std::io::Result<f64> {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: `now` is a valid timespec to write to.
    if unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) } != 0 {
        return Err(std::io::Error::last_os_error());
    }
    Ok(now.tv_sec as f64 + now.tv_nsec as f64 / 1e9)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, passes] = arguments.as_slice() else {
        return Err("usage: FILE PASSES".into());
    };
    let body = String::from_utf8(std::fs::read(path)?)?;
    let all = pieces(&body);
    let mut tally = Tally::default();
    for line in all.iter().flat_map(|piece| parse_lines(piece)) {
        tally.add(&line?);
    }
    let mut seconds = Vec::new();
    for pass in 0..=passes.parse::<u32>()? {
        let began = cpu_seconds()?;
        for piece in &all {
            for line in parse_lines(piece) {
                black_box(touch(&line?));
            }
        }
        if pass > 0 {
            // the first warmed up
            seconds.push((cpu_seconds()? - began).to_string());
        }
    }
    println!(
        "{{\"bytes\":{},\"tally\":{{\"lines\":{},\"tags\":{},\"fields\":{},\"times\":{},\
         \"names\":{},\"numbers\":{},\"strings\":{}}},\"seconds\":[{}]}}",
        body.len(),
        tally.lines,
        tally.tags,
        tally.fields,
        tally.times,
        tally.names,
        tally.numbers,
        tally.strings,
        seconds.join(",")
    );
    Ok(())
}
