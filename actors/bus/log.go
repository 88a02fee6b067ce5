package bus

import (
	"fmt"
	"strings"
	"sync"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/rs/zerolog"
)

// serverLog is the embedded server's log: what it takes note of is for debugging here, what worries it is a warning. It
// keeps what the server would have ended its process for.
type serverLog struct {
	log zerolog.Logger
	// closed: there is no clients' door, and that it can't be opened is as it should be.
	closed bool

	mu    sync.Mutex
	fatal error
}

var _ server.Logger = (*serverLog)(nil)

func (l *serverLog) Noticef(format string, v ...any) { l.line(l.log.Debug(), format, v) }
func (l *serverLog) Debugf(format string, v ...any)  { l.line(l.log.Trace(), format, v) }
func (l *serverLog) Tracef(format string, v ...any)  { l.line(l.log.Trace(), format, v) }
func (l *serverLog) Warnf(format string, v ...any)   { l.line(l.log.Warn(), format, v) }
func (l *serverLog) Errorf(format string, v ...any)  { l.line(l.log.Warn(), format, v) }

// Fatalf keeps the reason why the server can't start.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed && strings.HasPrefix(format, "Error listening on port") {
		return
	}
	if l.fatal == nil {
		l.fatal = fmt.Errorf(format, v...)
	}
}

func (l *serverLog) failed() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fatal
}

func (l *serverLog) line(event *zerolog.Event, format string, v []any) {
	if event.Enabled() {
		event.Msg("nats: " + strings.TrimSpace(fmt.Sprintf(format, v...)))
	}
}
