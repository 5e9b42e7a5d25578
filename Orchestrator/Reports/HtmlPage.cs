using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace TraversalLearning.Orchestration.Reports;

/// <summary>
/// A page in one file: what it looks like and the script that sorts its tables are in it, and it asks for nothing from anywhere; a policy forbids it to. It reads without the script.
/// </summary>
internal static class HtmlPage
{
    private static readonly string Look = EmbeddedFile.ReadText("Reports.report.css");
    private static readonly string Script = EmbeddedFile.ReadText("Reports.report.js");

    /// <summary>The page.</summary>
    /// <param name="title">Of the window.</param>
    /// <param name="content">What it says.</param>
    public static string Of(string title, params object?[] content)
    {
        XElement main = Html.Of("main", content);
        // Whoever reads the page as HTML sees the marks as comments, whoever reads it as XML does not see them at all.
        (object[] look, string lookHash) = Hidden("/*", $"*/\n{Look}{LookOfPictures(main)}\n/*", "*/");
        (object[] script, string scriptHash) = Hidden("//", $"\n{Script}//", string.Empty);
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
