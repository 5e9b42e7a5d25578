using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// A page in one file: what it looks like and the script that sorts its tables are in it, and it asks for nothing from anywhere; a policy forbids it to. It reads without the script.
/// </summary>
internal static class HtmlPage
{
    // Whoever reads the page as HTML sees the marks as comments, whoever reads it as XML does not see them at all.
    private const string Look =
        """
        */
        :root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--paper:#fff;--shade:#f6f8fa;--bad:#b42318;--mark:#0969da}
        @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--paper:#0d1117;--shade:#151b23;--bad:#ff8b80;--mark:#58a6ff}}
        *{box-sizing:border-box}
        body{margin:0 auto;max-width:76rem;padding:1rem;font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
        h1{font-size:1.6rem;margin:.5rem 0;overflow-wrap:anywhere}
        h2{font-size:1.2rem;margin:2rem 0 .5rem;border-bottom:1px solid var(--line)}
        p,dd,li,summary{overflow-wrap:anywhere}
        dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0}
        dt{color:var(--soft)}
        dd{margin:0}
        .wide{overflow-x:auto;margin:.75rem 0;max-width:100%}
        .wide:focus-visible,button:focus-visible,summary:focus-visible{outline:2px solid var(--mark);outline-offset:2px}
        table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
        caption{text-align:left;color:var(--soft);padding:.25rem 0}
        th,td{padding:.3rem .6rem;border:1px solid var(--line);text-align:left;vertical-align:top;max-width:28rem;overflow-wrap:break-word}
        thead th{background:var(--shade);white-space:nowrap}
        td:has(data){white-space:nowrap;text-align:right}
        th button{all:unset;cursor:pointer;font-weight:600}
        th button::after{content:" ↕";color:var(--soft)}
        th[aria-sort=ascending] button::after{content:" ↑"}
        th[aria-sort=descending] button::after{content:" ↓"}
        figure{margin:0}
        svg{display:block;width:100%;max-width:56rem;min-width:38rem;height:auto}
        pre{overflow-x:auto;padding:.6rem;margin:.3rem 0;background:var(--shade);border:1px solid var(--line)}
        pre code{user-select:all}
        code{font:.85em ui-monospace,monospace}
        .bad{color:var(--bad);font-weight:600}
        .note{color:var(--soft)}
        @media(max-width:40rem){dl{display:block}dd{margin-bottom:.4rem}}
        @media print{body{max-width:none;font-size:10pt}.wide{overflow:visible}table{font-size:7pt}th button::after{content:""}section{break-inside:auto}figure,tr{break-inside:avoid}}

        """;

    private const string Script =
        """

        (function () {
          "use strict";
          function valueOf(row, column) {
            const data = row.cells[column].querySelector("data");
            return data ? Number(data.value) : row.cells[column].textContent.trim();
          }
          function compare(a, b, direction) {
            if (typeof a !== typeof b) {
              return typeof a === "number" ? -1 : 1;
            }
            return direction * (typeof a === "number" ? a - b : a.localeCompare(b, "en", { numeric: true }));
          }
          for (const table of document.querySelectorAll("table.sortable")) {
            const heads = Array.from(table.tHead.rows[0].cells);
            heads.forEach(function (head, column) {
              const button = document.createElement("button");
              button.type = "button";
              button.textContent = head.textContent;
              head.replaceChildren(button);
              button.addEventListener("click", function () {
                const direction = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
                heads.forEach(function (other) { other.removeAttribute("aria-sort"); });
                head.setAttribute("aria-sort", direction === 1 ? "ascending" : "descending");
                const body = table.tBodies[0];
                const rows = Array.from(body.rows);
                rows.sort(function (a, b) { return compare(valueOf(a, column), valueOf(b, column), direction); });
                body.append(...rows);
              });
            });
          }
        }());
        //
        """;

    /// <summary>The page.</summary>
    /// <param name="title">Of the window.</param>
    /// <param name="content">What it says.</param>
    public static string Of(string title, params object?[] content)
    {
        XElement main = Html.Of("main", content);
        (object[] look, string lookHash) = Hidden("/*", $"{Look}{LookOfPictures(main)}\n/*", "*/");
        (object[] script, string scriptHash) = Hidden("//", Script, string.Empty);
        string policy = $"default-src 'none'; style-src '{lookHash}'; script-src '{scriptHash}'; base-uri 'none'; form-action 'none'";
        XElement page = Html.Of(
            "html",
            Html.With("lang", "en"),
            "\n",
            Html.Of(
                "head",
                new XElement("meta", Html.With("charset", "utf-8")),
                new XElement("meta", Html.With("http-equiv", "Content-Security-Policy"), Html.With("content", policy)),
                new XElement("meta", Html.With("name", "viewport"), Html.With("content", "width=device-width, initial-scale=1")),
                new XElement("meta", Html.With("name", "referrer"), Html.With("content", "no-referrer")),
                Html.Of("title", title),
                Html.Of("style", look)),
            "\n",
            Html.Of("body", main, Html.Of("script", script)));
        Html.Clean(page);
        return $"<!DOCTYPE html>\n{page.ToString(SaveOptions.DisableFormatting)}\n";
    }

    /// <summary>Takes the styles out of pictures: the policy knows one, and the page has it once.</summary>
    private static string LookOfPictures(XElement main)
    {
        XElement[] styles = [.. main.Descendants().Where(e => e.Name.LocalName == "style")];
        foreach (XElement style in styles)
        {
            style.Remove();
        }

        return string.Join('\n', styles.Select(s => s.Value).Distinct(StringComparer.Ordinal));
    }

    /// <summary>A text that is no markup, to those who read the page as XML too, and how a policy names it.</summary>
    private static (object[] Content, string Hash) Hidden(string before, string text, string after)
    {
        text = text.ReplaceLineEndings("\n");
        string whole = $"{before}<![CDATA[{text}]]>{after}";
        return ([new XText(before), new XCData(text), new XText(after)], $"sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(whole)))}");
    }
}
