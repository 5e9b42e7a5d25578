using System.Text.RegularExpressions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Docs;

/// <summary>A page of the documentation, as far as its tests need it.</summary>
internal sealed partial class MarkdownPage
{
    private readonly string _folder;

    public MarkdownPage(string path)
    {
        _folder = Path.GetDirectoryName(path)!;
        Lines = Repository.Read(path).Split('\n');
        Text = string.Join('\n', WithoutCode(Lines));
    }

    public IReadOnlyList<string> Lines { get; }

    /// <summary>Targets of links and images within the repository: paths from its root, and the heading, empty without one.</summary>
    public IEnumerable<(string Path, string Heading)> Links =>
        from Match link in Link().Matches(Text)
        let target = link.Groups["target"].Value
        where !target.Contains("://", StringComparison.Ordinal)
        let parts = target.Split('#', 2)
        select (parts[0].Length == 0 ? string.Empty : FromRoot(parts[0]), parts.Length == 2 ? parts[1] : string.Empty);

    /// <summary>Names under which GitHub links to the headings.</summary>
    public IReadOnlySet<string> Anchors => Heading().Matches(Text)
        .Select(m => Punctuation().Replace(m.Groups["title"].Value.ToLowerInvariant(), string.Empty).Replace(' ', '-'))
        .GroupBy(a => a, StringComparer.Ordinal)
        .SelectMany(g => g.Select((a, i) => i == 0 ? a : $"{a}-{i}"))
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>Lines that are neither code nor tables, without the targets of their links.</summary>
    public IEnumerable<string> Prose => Text.Split('\n').Where(l => !l.TrimStart().StartsWith('|')).Select(l => Link().Replace(l, "]()"));

    private string Text { get; }

    private string FromRoot(string path) =>
        Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, _folder, path))).Replace('\\', '/');

    private static IEnumerable<string> WithoutCode(IEnumerable<string> lines)
    {
        bool code = false;
        foreach (string line in lines)
        {
            bool fence = line.TrimStart().StartsWith("```", StringComparison.Ordinal);
            if (!code && !fence)
            {
                yield return line;
            }

            code ^= fence;
        }
    }

    [GeneratedRegex(@"\]\((?<target>[^()\s]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<title>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Punctuation();
}
