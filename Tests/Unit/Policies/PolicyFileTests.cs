using TraversalLearning.Data.Tables;
using TraversalLearning.Hosting;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Orchestration.Training.Methods;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Policies;

/// <summary>A policy file says what it means, or names file, line and key.</summary>
internal sealed class PolicyFileTests
{
    private readonly TempFolder _folder = new();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public void Every_key_sets_its_rule()
    {
        NodePolicy policy = Read("""
            orchestrators: [hub.example, 10.0.0.5]
            hours: "20:00-06:00"
            algorithms: [tl, fedprox]
            exchanges: blind
            reveal_model: end
            min_batch: 16
            min_nodes: 4
            min_cut: 2
            max_rows_alone: 0
            max_parameters: 1e6
            max_model_gb: 0.5
            max_epochs: 50
            max_rounds: 40
            max_visits: 60
            max_gb: 20
            max_runs_per_day: 3
            tables:
              columns: [age, outcome]
              statistics: [moments, classes]
              min_count: 5
            """);
        Assert.That(policy.Orchestrators, Is.EqualTo(new[] { "hub.example", "10.0.0.5" }));
        Assert.That(policy.Algorithms, Is.EqualTo(new[] { "tl", "fedprox" }));
        Assert.That(policy.Exchanges, Is.EqualTo(new[] { "blind" }));
        Assert.That(policy.Tables.IsSame(new TellRules { Columns = new HashSet<string>(["outcome", "age"]), Statistics = ToldStatistics.Moments | ToldStatistics.Classes, MinCount = 5 }));
        Assert.That(policy with { Orchestrators = null, Algorithms = null, Exchanges = null, Tables = TellRules.Everything }, Is.EqualTo(new NodePolicy
        {
            Hours = new HoursOfDay(new TimeOnly(20, 0), new TimeOnly(6, 0)),
            AllowsReveal = true,
            MinBatch = 16,
            MinNodes = 4,
            MinCut = 2,
            MaxRowsAlone = 0,
            MaxParameters = 1_000_000,
            MaxModelBytes = 500_000_000,
            MaxEpochs = 50,
            MaxRounds = 40,
            MaxVisits = 60,
            MaxBytes = 20_000_000_000,
            MaxRunsPerDay = 3,
        }));
    }

    [Test]
    public void A_rule_that_is_left_out_does_not_limit() =>
        Assert.That(Read("min_batch: 1") with { MinBatch = null }, Is.EqualTo(NodePolicy.Default));

    [Test]
    public void The_policy_of_trials_allows_everything() => Assert.That(Read(PolicyFile.PermissiveText), Is.EqualTo(NodePolicy.Permissive));

    [Test]
    public void Every_rule_is_described_by_a_policy_that_has_it()
    {
        NodePolicy policy = Read("orchestrators: [a]\nhours: 08:00-17:00\nalgorithms: [tl]\nexchanges: [blind]\nmin_batch: 2\nmin_nodes: 4\nmin_cut: 2\n"
            + "max_rows_alone: 0\nmax_parameters: 5\nmax_model_gb: 1\nmax_epochs: 5\nmax_rounds: 5\nmax_visits: 7\nmax_gb: 3\nmax_runs_per_day: 2\ntables: {min_count: 5}");
        Assert.That(PolicyRules.All.Where(r => r.Describe(policy) is null).Select(r => r.Key), Is.Empty);
        Assert.That(PolicyRules.All.Where(r => r.Describe(NodePolicy.Default) is not null).Select(r => r.Key), Is.EqualTo(new[] { PolicyKeys.RevealModel, PolicyKeys.MinNodes }));
    }

    [Test]
    public void The_methods_are_those_of_the_orchestrator() =>
        Assert.That(MethodName.All.Select(m => m.Name), Is.EquivalentTo(TrainingMethods.All.Select(m => m.Name)));

    [TestCase("exchange: [blind]", ":1: exchange: there is no such key; did you mean 'exchanges'?")]
    [TestCase("min_batch: 4\nexchanges: [blind, twophase]", ":2: exchanges: there is no such word as 'twophase' here; did you mean 'two_phase'?")]
    [TestCase("algorithms: [gosip]", ":1: algorithms: there is no such word as 'gosip' here; did you mean 'gossip'?")]
    [TestCase("algorithms: {tl: yes}", ":1: algorithms: takes a list such as [tl, fedavg], not a mapping")]
    [TestCase("orchestrators:", ":1: orchestrators: takes a list such as [a], not nothing")]
    [TestCase("hours: 8-17", ":1: hours: takes hours of the day such as '20:00-06:00', not '8-17'")]
    [TestCase("hours: 25:00-06:00", ":1: hours: takes hours of the day such as '20:00-06:00', not '25:00-06:00'")]
    [TestCase("reveal_model: always", ":1: reveal_model: takes one of never, end, not 'always'")]
    [TestCase("min_nodes: 0", ":1: min_nodes: takes a whole number from 1 to 100000, not '0'")]
    [TestCase("max_epochs: many", ":1: max_epochs: takes a whole number from 1 to 2147483647, not 'many'")]
    [TestCase("max_gb: -1", ":1: max_gb: takes a number from 1E-06 to 1000000000, not '-1'")]
    [TestCase("max_gb: NaN", ":1: max_gb: takes a number from 1E-06 to 1000000000, not 'NaN'")]
    [TestCase("tables:\n  min_rows: 5", ":2: tables.min_rows: there is no such key")]
    [TestCase("tables:\n  statistics: [moment]", ":2: tables.statistics: there is no such word as 'moment' here; did you mean 'moments'?")]
    [TestCase("tables: 5", ":1: tables: takes a mapping, keys and values under it, not '5'")]
    [TestCase("max_epochs: 3\nmax_epochs: 4", ":2: max_epochs: stands twice; it is in line 1 too")]
    [TestCase("[blind]", ":1: is a list; a policy is a mapping, with keys such as 'exchanges:'")]
    [TestCase("", ":1: is empty; a policy says at least one thing")]
    [TestCase("exchanges: [blind", "is no YAML")]
    public void An_error_names_line_and_key(string text, string message)
    {
        UserErrorException error = Assert.Throws<UserErrorException>(() => Read(text))!;
        Assert.That(error.Message, Does.StartWith(_folder["policy.yaml"]).And.Contains(message));
        Assert.That(error.ExitCode, Is.EqualTo(ExitCode.Usage));
    }

    [Test]
    public void A_file_that_is_not_there_is_named() =>
        Assert.That(() => PolicyFile.Read(_folder["none.yaml"]), Throws.TypeOf<UserErrorException>().With.Message.Contains("none.yaml: cannot be read"));

    [Test]
    public void A_new_file_replaces_the_policy_and_one_with_an_error_does_not()
    {
        string path = _folder["reload.yaml"];
        File.WriteAllText(path, "max_epochs: 5");
        var source = new PolicySource(path);
        File.WriteAllText(path, "max_epochs: 6");
        source.Reload();
        Assert.That(source.Current.MaxEpochs, Is.EqualTo(6));
        File.WriteAllText(path, "max_epochs: 0");
        Assert.That(source.Reload, Throws.TypeOf<UserErrorException>());
        Assert.That(source.Current.MaxEpochs, Is.EqualTo(6));
        File.WriteAllText(path, "max_epochs: 7\ntables: {min_count: 5}");
        Assert.That(source.Reload, Throws.TypeOf<UserErrorException>().With.Message.Contains("restart the node"), "the node's rows are changed when it starts");
        Assert.That(source.Current.MaxEpochs, Is.EqualTo(6));
    }

    [TestCase("08:00-17:00", "07:59", false)]
    [TestCase("08:00-17:00", "08:00", true)]
    [TestCase("08:00-17:00", "17:00", false)]
    [TestCase("20:00-06:00", "23:59", true)]
    [TestCase("20:00-06:00", "00:00", true)]
    [TestCase("20:00-06:00", "06:00", false)]
    [TestCase("20:00-06:00", "12:00", false)]
    [TestCase("00:00-24:00", "12:00", true)]
    [TestCase("18:00-24:00", "23:59", true)]
    [TestCase("18:00-24:00", "00:00", false)]
    public void Hours_go_on_after_midnight(string hours, string time, bool inside) =>
        Assert.That(HoursOfDay.Parse(hours)!.Value.Contains(TimeOnly.Parse(time, System.Globalization.CultureInfo.InvariantCulture)), Is.EqualTo(inside));

    private NodePolicy Read(string text)
    {
        string path = _folder["policy.yaml"];
        File.WriteAllText(path, text);
        return PolicyFile.Read(path);
    }
}
