package lifetime

import (
	"context"
	"sync/atomic"
	"testing"
	"time"
)

func TestContextEndsWhenTheParentChanges(t *testing.T) {
	var parent atomic.Int64
	parent.Store(100)
	ctx := withParent(t.Context(), func() int { return int(parent.Load()) }, time.Millisecond)
	if ctx.Err() != nil {
		t.Fatal("the context ended while the parent was still there")
	}
	parent.Store(1)
	<-ctx.Done()
	if ctx.Err() != context.Canceled {
		t.Fatalf("got %v, want %v", ctx.Err(), context.Canceled)
	}
}

func TestContextEndsWithTheOneItCameFrom(t *testing.T) {
	outer, cancel := context.WithCancel(t.Context())
	ctx := withParent(outer, func() int { return 100 }, time.Hour)
	cancel()
	<-ctx.Done()
}
