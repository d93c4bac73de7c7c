// SPDX-License-Identifier: Apache-2.0

// InfluxDB 1.x's own parser (models), with tags and fields decoded.
package main

import (
	"math"
	"time"

	"github.com/influxdata/influxdb/models"

	"peers/internal/peer"
)

type reader struct {
	now time.Time
}

func checkFields(fields models.FieldIterator, tally *peer.Tally) error {
	for fields.Next() {
		tally.Fields++
		tally.Names += peer.Bytes(fields.FieldKey())
		switch fields.Type() {
		case models.Integer:
			value, err := fields.IntegerValue()
			if err != nil {
				return err
			}
			tally.Numbers += peer.Number(float64(value))
		case models.Unsigned:
			value, err := fields.UnsignedValue()
			if err != nil {
				return err
			}
			tally.Numbers += peer.Number(float64(value))
		case models.Float:
			value, err := fields.FloatValue()
			if err != nil {
				return err
			}
			tally.Numbers += peer.Number(value)
		case models.Boolean:
			value, err := fields.BooleanValue()
			if err != nil {
				return err
			}
			tally.Numbers += peer.Boolean(value)
		case models.String:
			tally.Strings += peer.Bytes(fields.StringValue())
		case models.Empty:
		}
	}
	return nil
}

func (r *reader) Check(piece []byte, tally *peer.Tally) error {
	points, err := models.ParsePointsWithPrecision(piece, r.now, "ns")
	if err != nil {
		return err
	}
	for _, point := range points {
		tally.Lines++
		tally.Names += peer.Bytes(point.Name())
		for _, tag := range point.Tags() {
			tally.Tags++
			tally.Names += peer.Bytes(tag.Key) + peer.Bytes(tag.Value)
		}
		if err := checkFields(point.FieldIterator(), tally); err != nil {
			return err
		}
		tally.Times += uint64(point.UnixNano())
	}
	return nil
}

func readFields(fields models.FieldIterator) (sum uint64, err error) {
	for fields.Next() {
		sum += uint64(len(fields.FieldKey()))
		switch fields.Type() {
		case models.Integer:
			value, _ := fields.IntegerValue()
			sum += uint64(value)
		case models.Unsigned:
			value, _ := fields.UnsignedValue()
			sum += value
		case models.Float:
			value, _ := fields.FloatValue()
			sum += math.Float64bits(value)
		case models.Boolean:
			value, _ := fields.BooleanValue()
			sum += peer.Boolean(value)
		case models.String:
			sum += uint64(len(fields.StringValue()))
		case models.Empty:
		}
	}
	return sum, nil
}

func (r *reader) Read(piece []byte) (sum uint64, err error) {
	points, err := models.ParsePointsWithPrecision(piece, r.now, "ns")
	if err != nil {
		return 0, err
	}
	for _, point := range points {
		sum += uint64(len(point.Name())) + uint64(point.UnixNano())
		for _, tag := range point.Tags() {
			sum += uint64(len(tag.Key) + len(tag.Value))
		}
		fields, err := readFields(point.FieldIterator())
		if err != nil {
			return sum, err
		}
		sum += fields
	}
	return sum, nil
}

func main() { peer.Main(&reader{now: time.Unix(0, 0)}) }
