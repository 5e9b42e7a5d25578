using System.Text.RegularExpressions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Docs;

/// <summary>Links, paths and the shape of the documentation.</summary>
public sealed partial class DocsTests
{
    private const int LongestReadme = 150;
    private const int LongestLine = 119;

    private static readonly string[] Pages = [.. Repository.Files(".md")];

    // ./bench.sh writes docs/bench.
    private static IEnumerable<string> Written => Pages.Where(p => !p.StartsWith("docs/bench/", StringComparison.Ordinal));

    private static IEnumerable<string> OfDocs => Written.Where(p => p.StartsWith("docs/", StringComparison.Ordinal));

    [TestCaseSource(nameof(Pages))]
    public void Links_lead_to_files_and_headings(string path)
    {
        var page = new MarkdownPage(path);
        Assert.That(page.Links.Where(l => !Leads(path, l.Path, l.Heading)), Is.Empty);
    }

    [TestCaseSource(nameof(Written))]
    public void Lines_of_prose_are_short(string path) =>
        Assert.That(new MarkdownPage(path).Prose.Where(l => l.Length > LongestLine), Is.Empty);

    [TestCaseSource(nameof(OfDocs))]
    public void A_page_opens_with_its_readers(string path) =>
        Assert.That(new MarkdownPage(path).Lines.Skip(1).First(l => l.Length > 0), Does.StartWith("For "));

    [Test]
    public void The_readme_is_short() => Assert.That(new MarkdownPage("README.md").Lines, Has.Count.AtMost(LongestReadme));

    [Test]
    public void Every_page_is_linked()
    {
        string[] linked = [.. Pages.SelectMany(p => new MarkdownPage(p).Links).Select(l => l.Path)];
        Assert.That(OfDocs.Except(linked, StringComparer.Ordinal), Is.Empty);
    }

    [Test]
    public void Paths_of_docs_in_code_and_pages_exist()
    {
        var named = from file in Repository.Files(".cs", ".sh", ".py", ".js", ".css", ".html", ".props", ".md")
                    from Match match in DocsPath().Matches(Repository.Read(file))
                    where !File.Exists(Path.Combine(Repository.Root, match.Value))
                    select $"{file}: {match.Value}";
        Assert.That(named, Is.Empty);
    }

    private static bool Leads(string from, string path, string heading)
    {
        string target = path.Length == 0 ? from : path;
        string full = Path.Combine(Repository.Root, target);
        return heading.Length == 0 ? File.Exists(full) || Directory.Exists(full) : File.Exists(full) && new MarkdownPage(target).Anchors.Contains(heading);
    }

    [GeneratedRegex(@"(?<![\w./-])docs/[\w./-]+\.(md|sh|py|cs|yaml|json|png|svg)\b", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DocsPath();
}
