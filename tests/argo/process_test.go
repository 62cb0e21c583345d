package argo

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// processPatience bounds how long the process may take to start and to end.
const processPatience = 30 * time.Second

// addresses are those that a started serin logs: its configuration leaves the ports to the kernel.
type addresses struct {
	API       string `json:"api"`
	Operators string `json:"operators"`
}

// process is a command that runs until the end of the test.
type process struct {
	command  *exec.Cmd
	log      strings.Builder
	announce chan addresses
	ended    chan error
}

// startProcess starts a command and ends it with the test. Its log is shown when the test failed.
func startProcess(t *testing.T, name string, args ...string) *process {
	t.Helper()
	p := &process{
		command:  exec.Command(name, args...),
		announce: make(chan addresses, 1),
		ended:    make(chan error, 1),
	}
	log, err := p.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.followLog(log)
		p.ended <- p.command.Wait()
	}()
	t.Cleanup(func() {
		if err := p.stop(); err != nil {
			t.Errorf("%s ended badly: %v", filepath.Base(name), err)
		}
		if t.Failed() {
			t.Logf("log of %s:\n%s", filepath.Base(name), p.log.String())
		}
	})
	return p
}

// followLog keeps the log, which nobody reads before the process has ended, and picks the addresses
// out of it.
func (p *process) followLog(log io.Reader) {
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		p.log.WriteString(lines.Text() + "\n")
		var at addresses
		if json.Unmarshal(lines.Bytes(), &at) == nil && at.API != "" && at.Operators != "" {
			p.announce <- at
		}
	}
}

func (p *process) waitForAddresses(t *testing.T) addresses {
	t.Helper()
	select {
	case at := <-p.announce:
		return at
	case err := <-p.ended:
		p.ended <- err
		t.Fatalf("serin ended before it served: %v", err)
	case <-time.After(processPatience):
		t.Fatalf("serin did not tell its addresses within %s", processPatience)
	}
	return addresses{}
}

// stop asks the process to end, as Kubernetes does, and kills it when it does not.
func (p *process) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && err != os.ErrProcessDone {
		return err
	}
	select {
	case err := <-p.ended:
		return err
	case <-time.After(processPatience):
		if err := p.command.Process.Kill(); err != nil {
			return err
		}
		return fmt.Errorf("no end %s after SIGTERM: %w", processPatience, <-p.ended)
	}
}
