using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Sessions;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Training;

/// <summary>What <c>--cut auto</c> and <c>--exchange auto</c> try, and what they choose.</summary>
internal sealed class SplitTrialsTests
{
    private readonly CapturedLog _log = new();

    [OneTimeTearDown]
    public void Clean() => _log.Dispose();

    [Test]
    public async Task The_fastest_is_chosen_and_nothing_is_left_open()
    {
        RunContext context = Context(anyCut: true, anyExchange: true);
        var tried = new List<(int Cut, Exchange Exchange)>();
        RunContext chosen = await SplitTrials.ChooseAsync(
            context,
            (run, _) =>
            {
                tried.Add((run.Setup.Cut, run.Setup.Exchange));
                return Task.FromResult(TimeSpan.FromMilliseconds(run.Setup is { Cut: 3, Exchange: Exchange.OnePhase } ? 1 : 2));
            },
            new OrchestratorLog(_log.Logger("orchestrator")));

        Assert.That((chosen.Setup.Cut, chosen.Setup.Exchange), Is.EqualTo((3, Exchange.OnePhase)));
        Assert.That((chosen.Options.Cut, chosen.Options.Exchange, chosen.Options.AnyCut, chosen.Options.AnyExchange), Is.EqualTo((3, Exchange.OnePhase, false, false)));
        Assert.That(tried, Is.EqualTo(
            from cut in Enumerable.Range(1, 7) from exchange in Exchanges.OfVisits select (cut, exchange)));
    }

    [Test]
    public async Task What_was_given_is_kept()
    {
        var tried = new List<(int Cut, Exchange Exchange)>();
        Task<TimeSpan> Measure(RunContext run, TimeSpan hopeless)
        {
            tried.Add((run.Setup.Cut, run.Setup.Exchange));
            return Task.FromResult(TimeSpan.FromMilliseconds(1));
        }

        var log = new OrchestratorLog(_log.Logger("orchestrator"));
        RunContext fixedRun = Context(anyCut: false, anyExchange: false);
        Assert.That(await SplitTrials.ChooseAsync(fixedRun, Measure, log), Is.SameAs(fixedRun));
        Assert.That(tried, Is.Empty, "nothing is open");

        await SplitTrials.ChooseAsync(Context(anyCut: false, anyExchange: true), Measure, log);
        Assert.That(tried, Is.EqualTo(Exchanges.OfVisits.Select(e => (1, e))));
    }

    [Test]
    public async Task What_takes_half_as_long_again_as_the_best_need_not_be_measured_to_the_end()
    {
        var limits = new List<TimeSpan>();
        var times = new Queue<double>([4, 2, 3, 1, 9, 9, 9]);
        await SplitTrials.ChooseAsync(
            Context(anyCut: true, anyExchange: false),
            (_, hopeless) =>
            {
                limits.Add(hopeless);
                return Task.FromResult(TimeSpan.FromMilliseconds(times.Dequeue()));
            },
            new OrchestratorLog(_log.Logger("orchestrator")));
        Assert.That(limits[1..].Select(l => l.TotalMilliseconds), Is.EqualTo((double[])[6, 3, 3, 1.5, 1.5, 1.5]));
    }

    [Test]
    public void A_cut_has_parameters_in_front()
    {
        ModelDescription model = ModelDescription.Parse(
            """{"name":"m","input_shape":[1,2,2],"class_count":3,"layers":[{"type":"flatten","name":"flat"},{"type":"linear","name":"fc","in":4,"out":3}]}""");
        Assert.That(model.Cuts, Is.EqualTo((int[])[2]));
    }

    private static RunContext Context(bool anyCut, bool anyExchange)
    {
        RunContext context = new ClusterOptions { Model = ModelPresets.Create("mlp") }.NewContext();
        return context with { Options = context.Options with { AnyCut = anyCut, AnyExchange = anyExchange } };
    }
}
