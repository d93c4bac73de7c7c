// SPDX-License-Identifier: Apache-2.0

// What all Go programs share: the points, and the loop that does what it is told.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// point is one of the suite's points, or one whose field has another type.
type point struct {
	measurement string
	tags        map[string]string
	fields      map[string]interface{}
	at          time.Time
}

var badLines = []string{
	"bad,host=a integer=1i 1700000000000000000",
	"bad,host=b integer= 1700000000000000000",
	"bad,host=c integer=3i 1700000000000000000",
}

var conflicting = point{"points", map[string]string{"host": "conflict"},
	map[string]interface{}{"integer": "one"}, time.Unix(0, 1700000000000000000)}

var errNothing = errors.New("the client has no such thing")

var url, database = os.Args[1], os.Args[4]

func points(first, count int) []point {
	made := make([]point, 0, count)
	for n := first; n < first+count; n++ {
		made = append(made, point{"points",
			map[string]string{"host": fmt.Sprintf("h%d", n%10), "place": "a b,c=d é"},
			map[string]interface{}{"float": float64(n) + 0.5, "integer": int64(n), "boolean": n%2 == 0,
				"string": fmt.Sprintf("say \"%d\", a=b \\ é", n)},
			time.Unix(0, 1700000000000000000+int64(n)*1000000)})
	}
	return made
}

// program is what a client can do; errNothing where it has no such thing.
type program interface {
	connect() (string, error)
	create() error
	write(points []point) error
	gzip(points []point) error
	bad(lines []string) error
	query() (string, error)
}

// manager is a program that can do more with what it created.
type manager interface {
	manage() error
}

func serve(client program) {
	told := bufio.NewScanner(os.Stdin)
	for told.Scan() {
		var verb, words string
		var first, count int
		var err error
		fmt.Sscan(told.Text(), &verb, &first, &count)
		switch verb {
		case "connect":
			words, err = client.connect()
		case "create":
			err = client.create()
		case "write":
			err = client.write(points(first, count))
		case "gzip":
			err = client.gzip(points(first, count))
		case "bad":
			err = client.bad(badLines)
		case "conflict":
			err = client.write([]point{conflicting})
		case "query":
			words, err = client.query()
		default:
			err = errNothing
			if able, is := client.(manager); verb == "manage" && is {
				err = able.manage()
			}
		}
		if errors.Is(err, errNothing) {
			fmt.Println("none")
		} else if err != nil {
			fmt.Println("error " + strings.Join(strings.Fields(err.Error()), " "))
		} else {
			fmt.Println("ok " + words)
		}
	}
}

// batches calls send with the points, no more than 2000 at a time.
func batches(all []point, send func([]point) error) error {
	for len(all) > 0 {
		size := min(len(all), 2000)
		if err := send(all[:size]); err != nil {
			return err
		}
		all = all[size:]
	}
	return nil
}
