// Package orderedmap has the methods that Pulumi's CLI calls on maps of API descriptions. There never are any, so
// these maps are always empty.
package orderedmap

import "iter"

// Map is an empty map.
type Map[K comparable, V any] struct{}

// New returns an empty map.
func New[K comparable, V any]() *Map[K, V] { return &Map[K, V]{} }

// Len is zero.
func Len[K comparable, V any](*Map[K, V]) int { return 0 }

// Get finds nothing.
func (*Map[K, V]) Get(K) (value V, found bool) { return value, false }

// GetOrZero finds nothing.
func (*Map[K, V]) GetOrZero(K) (value V) { return value }

// Set keeps nothing.
func (*Map[K, V]) Set(K, V) (old V, there bool) { return old, false }

// Delete removes nothing.
func (*Map[K, V]) Delete(K) (old V, there bool) { return old, false }

// FromOldest yields nothing.
func (*Map[K, V]) FromOldest() iter.Seq2[K, V] { return func(func(K, V) bool) {} }

// KeysFromOldest yields nothing.
func (*Map[K, V]) KeysFromOldest() iter.Seq[K] { return func(func(K) bool) {} }
