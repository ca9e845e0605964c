# chart.awk -- draws the ratios as bars: for each case of each database our Core and our session beside the best C by hand,
# whose length is 1, and the C of most people.
#
# Reads lines of: database, case, side, ratio, low, high, ratio of processor time; fields between tabs.
# SPDX-License-Identifier: MIT
BEGIN {
    FS = "\t"
    unit = 150; left = 300; most = 4; bar = 12; gap = 14
    colour["core"] = "#2f6f9f"; colour["session"] = "#d9822b"; colour["best"] = "#555555"; colour["plain"] = "#b8b8b8"
}

{
    row[++rows] = $0
    if (!(($1, $2) in seen)) { seen[$1, $2] = 1; groups++ }
    if ($1 != database) { databases++; database = $1 }
}

END {
    width = left + most * unit + 70
    height = 70 + rows * bar + groups * gap + databases * 30
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n", width, height
    printf "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n"
    printf "<text x=\"10\" y=\"22\" font-size=\"15\">Time, as a ratio to the best C written by hand (shorter is better)</text>\n"
    legend("core", "Core", 10); legend("session", "session", 80); legend("best", "best C by hand", 170); legend("plain", "plain C", 300)
    y = 60; database = ""; title = ""
    for (i = 1; i <= rows; i++) {
        split(row[i], f, "\t")
        if (f[1] != database) {
            y += 24
            printf "<text x=\"10\" y=\"%d\" font-weight=\"bold\">%s</text>\n", y, f[1]
            y += 6; title = ""
        }
        if (f[2] != title) {
            if (title != "") y += gap
            printf "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>\n", left - 8, y + bar, f[2]
        }
        database = f[1]; title = f[2]
        draw(f[3], f[4], f[5], f[6])
        y += bar
    }
    printf "<line x1=\"%d\" y1=\"64\" x2=\"%d\" y2=\"%d\" stroke=\"#555555\" stroke-dasharray=\"3 3\"/>\n", left + unit, left + unit, height - 10
    print "</svg>"
}

function legend(side, name, x) {
    printf "<rect x=\"%d\" y=\"36\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%d\" y=\"45\">%s</text>\n", x, colour[side], x + 14, name
}

function at(ratio) {
    return left + unit * (ratio > most ? most : ratio)
}

# A bar, and the middle half of the rounds as a line.
function draw(side, ratio, low, high) {
    printf "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", left, y, at(ratio) - left, bar - 2, colour[side]
    if (side != "best")
        printf "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"black\"/>", at(low), y + bar / 2 - 1, at(high), y + bar / 2 - 1
    printf "<text x=\"%.1f\" y=\"%d\" font-size=\"10\">%.2f%s</text>\n", at(ratio) + 6, y + bar - 3, ratio, (ratio > most ? " &#8594;" : "")
}
