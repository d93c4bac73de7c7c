// SPDX-License-Identifier: Apache-2.0

// Package peer is what the programs under cmd share: it reads the file, times the passes and prints
// one JSON object. bench/README.md says what each number means; the programs in other languages
// print the same.
package peer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"syscall"
)

const pieceBytes = 64 << 10

// Tally is what was read, added up modulo 2^64: two readers that read alike have the same.
type Tally struct {
	Lines   uint64 `json:"lines"`
	Tags    uint64 `json:"tags"`
	Fields  uint64 `json:"fields"`
	Times   uint64 `json:"times"`
	Names   uint64 `json:"names"`
	Numbers uint64 `json:"numbers"`
	Strings uint64 `json:"strings"`
}

// Bytes adds up the bytes of a name or string.
func Bytes[T string | []byte](text T) uint64 {
	var sum uint64
	for i := 0; i < len(text); i++ {
		sum += uint64(text[i])
	}
	return sum
}

// Number is what a number adds: so many 1024ths of one, cut off.
func Number(value float64) uint64 { return uint64(int64(value * 1024)) }

// Boolean is what a boolean adds: the same as 1 or 0.
func Boolean(value bool) uint64 {
	if value {
		return Number(1)
	}
	return 0
}

// Reader reads whole lines.
type Reader interface {
	// Check decodes everything and adds it up.
	Check(piece []byte, tally *Tally) error
	// Read decodes everything, looks at each value and returns some sum of them: what is timed.
	Read(piece []byte) (uint64, error)
}

type report struct {
	Bytes   int       `json:"bytes"`
	Tally   Tally     `json:"tally"`
	Seconds []float64 `json:"seconds"`
	Touched uint64    `json:"touched"`
}

// Cuts at the last line feed of every 64 KiB.
func pieces(body []byte) [][]byte {
	var all [][]byte
	for len(body) > 0 {
		end := min(len(body), pieceBytes)
		end = bytes.LastIndexByte(body[:end], '\n') + 1
		all = append(all, body[:end])
		body = body[end:]
	}
	return all
}

// CPU time of the process, what collects garbage included: other programs may run meanwhile.
func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // no such clock on this system
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func run(reader Reader, path string, passes int) (report, error) {
	body, err := os.ReadFile(path)
	if err != nil {
		return report{}, err
	}
	all := pieces(body)
	out := report{Bytes: len(body)}
	for _, piece := range all {
		if err := reader.Check(piece, &out.Tally); err != nil {
			return out, err
		}
	}
	for pass := 0; pass <= passes; pass++ { // the first warms up
		runtime.GC()
		began := cpuSeconds()
		for _, piece := range all {
			sum, err := reader.Read(piece)
			if err != nil {
				return out, err
			}
			out.Touched += sum
		}
		if pass > 0 {
			out.Seconds = append(out.Seconds, cpuSeconds()-began)
		}
	}
	return out, nil
}

// Main is the program: FILE PASSES.
func Main(reader Reader) {
	runtime.GOMAXPROCS(1) // one thread, and its garbage is its own to collect
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: %s FILE PASSES\n", os.Args[0])
		os.Exit(2)
	}
	passes, err := strconv.Atoi(os.Args[2])
	var out report
	if err == nil {
		out, err = run(reader, os.Args[1], passes)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(out)
}
