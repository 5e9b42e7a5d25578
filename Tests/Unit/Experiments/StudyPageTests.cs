using System.Text.RegularExpressions;
using TraversalLearning.Orchestration.Studies;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Experiments;

/// <summary>What <c>docs/reference/study-file.md</c> and <c>docs/guide/studies.md</c> show is so.</summary>
public sealed partial class StudyPageTests
{
    private static readonly Lazy<string> Page = new(() => Read("reference/study-file.md"));
    private static readonly Lazy<string> Tutorial = new(() => Read("guide/studies.md"));

    private readonly StudyTexts _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    private static IEnumerable<TestCaseData> Examples() =>
        Example().Matches(Page.Value + Tutorial.Value).Select((m, i) => new TestCaseData(m.Groups["text"].Value).SetArgDisplayNames($"example {i + 1}"));

    [TestCaseSource(nameof(Examples))]
    public void Every_example_is_a_study(string text)
    {
        _folder.Write("base.yaml", "run: {optimizer: sgd, momentum: 0.9}\n");

        // Files of TLS and token are read when the run is: not those of an example.
        string readable = text.Replace("  tls_cert: orchestrator.pem\n  tls_key: orchestrator.key\n  token_file: token\n", "  insecure: true\n", StringComparison.Ordinal);
        Study study = _folder.Read(readable);
        Assert.That(study.Runs, Is.Not.Empty);
        Assert.That(study.Runs.Select(r => r.Name), Is.Unique);
    }

    [Test]
    public void The_numbers_of_runs_are_those_that_it_says()
    {
        string[] examples = [.. Example().Matches(Page.Value).Select(m => m.Groups["text"].Value)];
        Assert.That(_folder.Read(examples[0]).Runs, Has.Count.EqualTo(2 * 2 * 2));
        Study sweep = _folder.Read(Array.Find(examples, e => e.Contains("local_epochs", StringComparison.Ordinal))!);
        Assert.That(sweep.Runs.Count(r => r.Settings["algorithm"] == "tl"), Is.EqualTo(3));
        Assert.That((sweep.Runs.Count, sweep.LeftOut), Is.EqualTo((3 + 6, 3)));
        Assert.That(_folder.Read(Array.Find(examples, e => e.Contains("asha", StringComparison.Ordinal))!).Halving, Is.EqualTo(StudyScheduler.Default));
    }

    [Test]
    public void The_file_of_the_first_study_is_the_one_that_the_page_shows()
    {
        string file = Read("guide/studies/first-study.yaml");
        Assert.That(Example().Match(Tutorial.Value).Groups["text"].Value, Is.EqualTo(file));
        Assert.That(_folder.Read(file).Runs, Has.Count.EqualTo(12));
    }

    [Test]
    public void Every_key_is_on_it()
    {
        string refused = _folder.Refuse("no_such_key_at_all: 1\n");
        string[] keys = [.. refused[(refused.IndexOf("there are ", StringComparison.Ordinal) + "there are ".Length)..].Split(", ")];
        Assert.That(keys, Has.Length.AtLeast(8));
        Assert.That(keys.Where(k => !Page.Value.Contains($"| `{k}` |", StringComparison.Ordinal)), Is.Empty);
    }

    private static string Read(string name) => File.ReadAllText(Repository.PathOf("docs", name));

    [GeneratedRegex("```yaml\n(?<text>.*?)```", RegexOptions.Singleline | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Example();
}
