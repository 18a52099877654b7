// Package cluster holds the clustering algorithms. `ls cluster` is their list.
//
// An algorithm is its options struct; Fit holds no state, so one value serves
// many runs at once. Labels come back canonical: 0..K−1 by size, largest first,
// ties by the smallest row, none empty, −1 for noise. The result does not depend
// on Run.Workers.
//
// What else an algorithm can do is said by one-method interfaces: Predictor,
// Hierarchical, Memberships, Streamer, Estimator.
package cluster
