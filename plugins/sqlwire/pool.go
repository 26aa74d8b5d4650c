package sqlwire

import (
	"database/sql"
	"database/sql/driver"
	"sync"
	"time"
)

// pool is the connections to one database as one user. It is closed when it is retired and nobody uses it.
type pool struct {
	db *sql.DB

	mu      sync.Mutex
	using   int
	retired bool
}

func newPool(c driver.Connector, parallel int) *pool {
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(max(parallel, 1))
	db.SetMaxIdleConns(2)
	db.SetConnMaxIdleTime(time.Minute)
	db.SetConnMaxLifetime(30 * time.Minute)
	return &pool{db: db}
}

func (p *pool) begin() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.using++
}

func (p *pool) done() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.using--; p.using == 0 && p.retired {
		_ = p.db.Close() // its connections are closed whatever it says
	}
}

func (p *pool) retire() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.retired = true; p.using == 0 {
		_ = p.db.Close() // its connections are closed whatever it says
	}
}
