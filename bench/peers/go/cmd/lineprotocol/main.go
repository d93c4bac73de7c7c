// SPDX-License-Identifier: Apache-2.0

// InfluxData's line-protocol v2, every value decoded.
package main

import (
	"math"
	"time"

	"github.com/influxdata/line-protocol/v2/lineprotocol"

	"peers/internal/peer"
)

type reader struct{}

func number(value lineprotocol.Value) float64 {
	switch value.Kind() {
	case lineprotocol.Int:
		return float64(value.IntV())
	case lineprotocol.Uint:
		return float64(value.UintV())
	default:
		return value.FloatV()
	}
}

func checkFields(decoder *lineprotocol.Decoder, tally *peer.Tally) error {
	for {
		key, value, err := decoder.NextField()
		if err != nil || key == nil {
			return err
		}
		tally.Fields++
		tally.Names += peer.Bytes(key)
		switch value.Kind() {
		case lineprotocol.String:
			tally.Strings += peer.Bytes(value.BytesV())
		case lineprotocol.Bool:
			tally.Numbers += peer.Boolean(value.BoolV())
		default:
			tally.Numbers += peer.Number(number(value))
		}
	}
}

func checkTags(decoder *lineprotocol.Decoder, tally *peer.Tally) error {
	for {
		key, value, err := decoder.NextTag()
		if err != nil || key == nil {
			return err
		}
		tally.Tags++
		tally.Names += peer.Bytes(key) + peer.Bytes(value)
	}
}

func (reader) Check(piece []byte, tally *peer.Tally) error {
	decoder := lineprotocol.NewDecoderWithBytes(piece)
	for decoder.Next() {
		name, err := decoder.Measurement()
		if err != nil {
			return err
		}
		tally.Lines++
		tally.Names += peer.Bytes(name)
		if err := checkTags(decoder, tally); err != nil {
			return err
		}
		if err := checkFields(decoder, tally); err != nil {
			return err
		}
		at, err := decoder.Time(lineprotocol.Nanosecond, time.Time{})
		if err != nil {
			return err
		}
		tally.Times += uint64(at.UnixNano())
	}
	return decoder.Err()
}

func readFields(decoder *lineprotocol.Decoder) (sum uint64, err error) {
	for {
		key, value, err := decoder.NextField()
		if err != nil || key == nil {
			return sum, err
		}
		sum += uint64(len(key))
		switch value.Kind() {
		case lineprotocol.String:
			sum += uint64(len(value.BytesV()))
		case lineprotocol.Bool:
			sum += peer.Boolean(value.BoolV())
		case lineprotocol.Int:
			sum += uint64(value.IntV())
		case lineprotocol.Uint:
			sum += value.UintV()
		case lineprotocol.Float:
			sum += math.Float64bits(value.FloatV())
		}
	}
}

func readTags(decoder *lineprotocol.Decoder) (sum uint64, err error) {
	for {
		key, value, err := decoder.NextTag()
		if err != nil || key == nil {
			return sum, err
		}
		sum += uint64(len(key) + len(value))
	}
}

func (reader) Read(piece []byte) (sum uint64, err error) {
	decoder := lineprotocol.NewDecoderWithBytes(piece)
	for decoder.Next() {
		name, err := decoder.Measurement()
		if err != nil {
			return sum, err
		}
		tags, err := readTags(decoder)
		if err != nil {
			return sum, err
		}
		fields, err := readFields(decoder)
		if err != nil {
			return sum, err
		}
		at, err := decoder.Time(lineprotocol.Nanosecond, time.Time{})
		if err != nil {
			return sum, err
		}
		sum += uint64(len(name)) + tags + fields + uint64(at.UnixNano())
	}
	return sum, decoder.Err()
}

func main() { peer.Main(reader{}) }
