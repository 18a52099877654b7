# What cluster, fpc and mclust say of labellings: silhouettes and Dunn's indices of the rows in
# x.csv, agreement with the reference. indices_expected.py calls it:
#     Rscript indices_expected.R x.csv labels.csv > values.csv
# labels.csv has two columns, labels 1 to k and a reference 1 to k'; x.csv may be absent ("-").
args <- commandArgs(TRUE)
suppressPackageStartupMessages({library(cluster); library(fpc); library(mclust)})
l <- as.matrix(read.csv(args[2], header = FALSE))
say <- function(metric, source, value) cat(metric, source, sprintf("%.17g", value), sep = ",", fill = FALSE, "\n")
if (args[1] != "-") {
  d <- dist(as.matrix(read.csv(args[1], header = FALSE)))
  say("silhouette", "R cluster", mean(silhouette(l[, 1], d)[, 3]))
  if (max(l[, 1]) <= 30) { # it looks at every two segments, minutes long where there are a hundred
    s <- cluster.stats(d, l[, 1], wgap = FALSE, sepindex = FALSE, silhouette = TRUE)
    say("silhouette", "R fpc", s$avg.silwidth)
    say("calinski_harabasz", "R fpc", s$ch)
    say("dunn", "R fpc", s$dunn)
    say("generalized_dunn 3/2", "R fpc", s$dunn2)
  }
} else {
  say("adjusted_rand", "R mclust", adjustedRandIndex(l[, 1], l[, 2]))
  s <- cluster.stats(NULL, l[, 1], l[, 2], compareonly = TRUE)
  say("adjusted_rand", "R fpc", s$corrected.rand)
  say("variation_of_information", "R fpc", s$vi)
}
