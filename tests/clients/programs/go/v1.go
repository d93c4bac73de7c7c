// SPDX-License-Identifier: Apache-2.0

// influxdb1-client/v2, the client of InfluxDB 1.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	v1 "github.com/influxdata/influxdb1-client/v2"
)

type client struct {
	plain, packed v1.Client
}

func connected(encoding v1.ContentEncoding) v1.Client {
	made, err := v1.NewHTTPClient(v1.HTTPConfig{Addr: url, WriteEncoding: encoding})
	if err != nil {
		panic(err)
	}
	return made
}

func (c *client) connect() (string, error) {
	_, version, err := c.plain.Ping(time.Second)
	return version, err
}

func (c *client) ask(text string) (*v1.Response, error) {
	answer, err := c.plain.Query(v1.NewQuery(text, database, "ns"))
	if err == nil {
		err = answer.Error()
	}
	return answer, err
}

func (c *client) create() error {
	if _, err := c.ask(fmt.Sprintf("CREATE DATABASE %q", database)); err != nil {
		return err
	}
	_, err := c.ask(fmt.Sprintf("CREATE RETENTION POLICY week ON %q DURATION 7d REPLICATION 1", database))
	return err
}

func send(to v1.Client, all []point) error {
	return batches(all, func(some []point) error {
		batch, err := v1.NewBatchPoints(v1.BatchPointsConfig{Database: database, Precision: os.Getenv("PRECISION")})
		if err != nil {
			return err
		}
		for _, each := range some {
			made, err := v1.NewPoint(each.measurement, each.tags, each.fields, each.at)
			if err != nil {
				return err
			}
			batch.AddPoint(made)
		}
		return to.Write(batch)
	})
}

func (c *client) write(all []point) error { return send(c.plain, all) }

func (c *client) gzip(all []point) error { return send(c.packed, all) }

func (c *client) bad([]string) error { return errNothing }

func (c *client) query() (string, error) {
	answer, err := c.ask(`SELECT count("integer") FROM "points"`)
	if err != nil {
		return "", err
	}
	if len(answer.Results) != 1 || len(answer.Results[0].Series) != 1 {
		return "", errors.New("no result")
	}
	return fmt.Sprint(answer.Results[0].Series[0].Values[0][1]), nil
}

func main() {
	serve(&client{connected(v1.DefaultEncoding), connected(v1.GzipEncoding)})
}
