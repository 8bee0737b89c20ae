# One round of a peer: a method of the R package forecast on every so-manieth series of a file, untuned.
#
# Prints one line of JSON: MASE and sMAPE of each series, and the seconds that all took. Arguments: the file that `bench.ts` wrote (one line a series:
# season, horizon, number of values to learn from, then the values), the method (ets, thetaf, croston), the stride.
suppressMessages(library(forecast))
arguments <- commandArgs(trailingOnly = TRUE)
lines <- strsplit(readLines(arguments[1]), " ")
method <- arguments[2]
lines <- lines[seq(1, length(lines), by = as.integer(arguments[3]))]
mase <- smape <- numeric(0)
seconds <- 0
for (line in lines) {
  numbers <- as.numeric(line)
  season <- numbers[1]
  h <- numbers[2]
  train <- ts(numbers[3 + seq_len(numbers[3])], frequency = season)
  test <- numbers[3 + numbers[3] + seq_len(h)]
  from <- proc.time()[["elapsed"]]
  ahead <- switch(method,
    ets = forecast(ets(train), h = h)$mean,
    thetaf = thetaf(train, h = h)$mean,
    croston = croston(train, h = h)$mean
  )
  seconds <- seconds + proc.time()[["elapsed"]] - from
  ahead <- as.numeric(ahead)
  scale <- mean(abs(diff(as.numeric(train), lag = season)))
  mase <- c(mase, mean(abs(test - ahead)) / scale)
  size <- abs(test) + abs(ahead)
  smape <- c(smape, mean(ifelse(size == 0, 0, 200 * abs(test - ahead) / size)))
}
cat(jsonlite::toJSON(
  list(version = as.character(packageVersion("forecast")), seconds = seconds, mase = mase, smape = smape),
  auto_unbox = TRUE, digits = 8, na = "null"
), "\n")
