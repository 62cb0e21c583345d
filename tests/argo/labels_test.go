package argo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"
)

const labelCount = 8

// traffic is what the pods of one arm labelled: each pod so many items a minute, up to now.
type traffic struct {
	pods      int
	minutes   int
	perMinute int     // items of one pod in one minute
	agreement float64 // how often the label is the reference; otherwise it is any other one
	collapsed bool    // every item gets the same label
	seed      uint64
}

// items is how many label events the whole traffic amounts to.
func (tr traffic) items() uint64 {
	return uint64(tr.pods * tr.minutes * tr.perMinute)
}

// labelEvent is one line of a batch for POST /v1/events.
type labelEvent struct {
	Stream    string `json:"stream"`
	Time      string `json:"time"`
	Arm       string `json:"arm"`
	Pod       string `json:"pod"`
	Label     string `json:"label"`
	Reference string `json:"reference"`
	Count     int    `json:"count"`
}

// events are the lines that the pods of one arm push. They depend on nothing but the arguments.
func (tr traffic) events(stream, arm string, end time.Time) []labelEvent {
	random := rand.New(rand.NewPCG(tr.seed, 0))
	start := end.Truncate(time.Minute).Add(-time.Duration(tr.minutes) * time.Minute)
	var events []labelEvent
	for pod := range tr.pods {
		for minute := range tr.minutes {
			line := labelEvent{
				Stream: stream,
				Arm:    arm,
				Pod:    fmt.Sprintf("checkout-%s-%d", arm, pod),
				Time:   start.Add(time.Duration(minute) * time.Minute).UTC().Format(time.RFC3339),
			}
			events = appendPairs(events, line, tr.countPairs(random))
		}
	}
	return events
}

// pairCounts counts the items of one pod and minute by reference and label.
type pairCounts [labelCount][labelCount]int

func (tr traffic) countPairs(random *rand.Rand) pairCounts {
	var counts pairCounts
	for range tr.perMinute {
		reference := random.IntN(labelCount)
		counts[reference][tr.label(random, reference)]++
	}
	return counts
}

func (tr traffic) label(random *rand.Rand, reference int) int {
	switch {
	case tr.collapsed:
		return 0
	case random.Float64() < tr.agreement:
		return reference
	default:
		return (reference + 1 + random.IntN(labelCount-1)) % labelCount
	}
}

func appendPairs(events []labelEvent, line labelEvent, counts pairCounts) []labelEvent {
	for reference, row := range counts {
		for label, count := range row {
			if count == 0 {
				continue
			}
			line.Reference, line.Label = fmt.Sprintf("s%d", reference), fmt.Sprintf("s%d", label)
			line.Count = count
			events = append(events, line)
		}
	}
	return events
}

// asNDJSON writes one event a line.
func asNDJSON(events []labelEvent) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	for _, event := range events {
		if err := encoder.Encode(event); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}
