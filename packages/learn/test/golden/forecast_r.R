# Makes forecast-r.json: made-up series with what the R package forecast says of them: exponential smoothing with its parameters and
# first states, the Theta method, Croston's method.
#
# Run: Rscript forecast_r.R > forecast-r.json
suppressMessages(library(forecast))
set.seed(7)
n <- 72
t <- 1:n
season <- rep(c(-9, -4, 2, 8, 12, 6, 3, 1, -2, -5, -7, -5), length.out = n)
series <- list(
  level = ts(100 + cumsum(rnorm(n, 0, 2)) + rnorm(n, 0, 4)),
  trend = ts(50 + 1.5 * t + cumsum(rnorm(n, 0, 1)) + rnorm(n, 0, 3)),
  additive = ts(80 + 0.4 * t + season + rnorm(n, 0, 2), frequency = 12),
  factors = ts((60 + 1.2 * t) * exp(season / 40) * exp(rnorm(n, 0, 0.03)), frequency = 12)
)
models <- list(
  list("level", "ANN", FALSE), list("level", "MNN", FALSE), list("trend", "AAN", FALSE), list("trend", "AAN", TRUE),
  list("additive", "AAA", FALSE), list("factors", "MAM", FALSE), list("factors", "MAM", TRUE), list("factors", "MNM", FALSE)
)
h <- 15
number <- function(x) as.numeric(x)
fits <- lapply(models, function(m) {
  fit <- ets(series[[m[[1]]]], model = m[[2]], damped = m[[3]])
  par <- as.list(fit$par)
  first <- fit$initstate
  names(first) <- colnames(fit$states)
  seasons <- first[grep("^s", names(first))]
  list(
    series = m[[1]], model = m[[2]], damped = m[[3]], aicc = number(fit$aicc),
    alpha = number(par$alpha), beta = if (is.null(par$beta)) 0 else number(par$beta),
    gamma = if (is.null(par$gamma)) 0 else number(par$gamma), phi = if (is.null(par$phi)) 1 else number(par$phi),
    level = number(first["l"]), slope = if ("b" %in% names(first)) number(first["b"]) else 0,
    # s1 is the latest of them: the one that comes first lies a season back.
    season = I(number(rev(seasons))),
    mean = number(forecast(fit, h = h)$mean)
  )
})
thetas <- lapply(names(series), function(name) list(series = name, mean = number(thetaf(series[[name]], h = h)$mean)))
demand <- ts(rpois(60, 0.4) * sample(1:5, 60, replace = TRUE))
json <- jsonlite::toJSON(
  list(
    version = as.character(packageVersion("forecast")), series = lapply(series, number), ets = fits, theta = thetas,
    demand = number(demand), croston = number(croston(demand, h = 1)$mean)
  ),
  auto_unbox = TRUE, digits = 15
)
cat(json, "\n")
