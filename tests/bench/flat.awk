# flat.awk -- draws what a row costs by the number of rows, a small chart for each case of each database: a flat line is good.
#
# Reads lines of: database, case, rows, side, nanoseconds a row; fields between tabs.
# SPDX-License-Identifier: MIT
BEGIN {
    FS = "\t"
    wide = 210; high = 120; gap = 40; across = 4
    colour["core"] = "#2f6f9f"; colour["session"] = "#d9822b"; colour["best"] = "#555555"
}

{
    if (!(($1, $2) in number)) { number[$1, $2] = charts; name[charts++] = $1 ": " $2 }
    at = number[$1, $2]
    points[at, $4] = points[at, $4] $3 " " $5 " "
    if ($5 > most[at]) most[at] = $5
}

END {
    rows = int((charts + across - 1) / across)
    width = across * (wide + gap) + gap; height = rows * (high + 2 * gap) + 60
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n", width, height
    printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
    printf "<text x=\"10\" y=\"22\" font-size=\"15\">Nanoseconds a row, of 1,000 to 1,000,000 rows</text>\n"
    legend("core", "Core", 10); legend("session", "session", 80); legend("best", "best C by hand", 160)
    for (i = 0; i < charts; i++)
        draw(i, gap + i % across * (wide + gap), 80 + int(i / across) * (high + 2 * gap))
    print "</svg>"
}

function legend(side, text, x) {
    printf "<rect x=\"%d\" y=\"36\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%d\" y=\"45\">%s</text>\n", x, colour[side], x + 14, text
}

# Numbers of rows by their logarithm, from 1,000 on the left; a row's cost from 0 at the bottom.
function draw(i, x, y,    side, part, n, k, line) {
    printf "<text x=\"%d\" y=\"%d\">%s</text><text x=\"%d\" y=\"%d\" text-anchor=\"end\" font-size=\"9\">%.0f</text>\n", x, y - 6, name[i], x - 4, y + 8, most[i]
    printf "<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#b8b8b8\"/>\n", x, y, y + high, x + wide
    for (k = 3; k <= 6; k++)
        printf "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\" font-size=\"9\">1e%d</text>\n", x + (k - 3) / 3 * wide, y + high + 12, k
    for (side in colour) {
        n = split(points[i, side], part, " ")
        line = ""
        for (k = 1; k < n; k += 2)
            line = line sprintf("%.1f,%.1f ", x + (log(part[k]) / log(10) - 3) / 3 * wide, y + high * (1 - part[k + 1] / most[i]))
        if (line != "")
            printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", line, colour[side]
    }
}
