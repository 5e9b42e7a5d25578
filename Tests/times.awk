# Seconds by fixture, from the .trx files of a test run: awk -f Tests/times.awk FILE.trx…
# Fixtures that run side by side count in full, and what a fixture sets up once is not in the figures.

function attribute(name) {
    return match($0, " " name "=\"[^\"]*\"") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4) : ""
}

/<UnitTestResult / {
    split(attribute("duration"), time, ":")
    id = attribute("testId")
    seconds[id] += 3600 * time[1] + 60 * time[2] + time[3]
    results[id]++
}

/<UnitTest / { id = attribute("id") }

/<TestMethod / {
    fixture = attribute("className")
    sub(/.*\./, "", fixture)
    if (id in seconds) {
        count[fixture] += results[id]
        sum[fixture] += seconds[id]
        total += seconds[id]
        tests += results[id]
    }
}

END {
    for (fixture in sum) printf "| %s | %d | %.1f |\n", fixture, count[fixture], sum[fixture] | "sort -t '|' -k 4,4nr | head -n 20"
    close("sort -t '|' -k 4,4nr | head -n 20")
    printf "| **all %d fixtures** | %d | %.1f |\n", length(sum), tests, total
}
