// SPDX-License-Identifier: Apache-2.0

// VictoriaMetrics' parser. To it every value is a float, and a string is none: it has no strings.
package main

import (
	"math"
	"unsafe"

	"github.com/VictoriaMetrics/VictoriaMetrics/lib/protoparser/influx"

	"peers/internal/peer"
)

type reader struct {
	rows influx.Rows
}

// As its own server does: the piece is not copied.
func (r *reader) unmarshal(piece []byte) error {
	return r.rows.Unmarshal(unsafe.String(unsafe.SliceData(piece), len(piece)))
}

func (r *reader) Check(piece []byte, tally *peer.Tally) error {
	if err := r.unmarshal(piece); err != nil {
		return err
	}
	for i := range r.rows.Rows {
		row := &r.rows.Rows[i]
		tally.Lines++
		tally.Names += peer.Bytes(row.Measurement)
		for k := range row.Tags {
			tally.Names += peer.Bytes(row.Tags[k].Key) + peer.Bytes(row.Tags[k].Value)
		}
		for k := range row.Fields {
			tally.Names += peer.Bytes(row.Fields[k].Key)
			tally.Numbers += peer.Number(row.Fields[k].Value)
		}
		tally.Tags += uint64(len(row.Tags))
		tally.Fields += uint64(len(row.Fields))
		tally.Times += uint64(row.Timestamp)
	}
	return nil
}

func (r *reader) Read(piece []byte) (sum uint64, err error) {
	err = r.unmarshal(piece)
	for i := range r.rows.Rows {
		row := &r.rows.Rows[i]
		sum += uint64(len(row.Measurement)) + uint64(row.Timestamp)
		for k := range row.Tags {
			sum += uint64(len(row.Tags[k].Key) + len(row.Tags[k].Value))
		}
		for k := range row.Fields {
			sum += uint64(len(row.Fields[k].Key)) + math.Float64bits(row.Fields[k].Value)
		}
	}
	return sum, err
}

func main() { peer.Main(&reader{}) }
