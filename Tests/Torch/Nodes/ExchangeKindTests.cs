using TraversalLearning.Data.Batches;
using TraversalLearning.Nodes;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Training;
using TraversalLearning.Orchestration.Training.Steps;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Nodes;

/// <summary>What is known of exchanges, and that each has a class on both sides.</summary>
public sealed class ExchangeKindTests
{
    [Test]
    public void Every_exchange_has_a_line_and_keeps_its_word()
    {
        Assert.That(ExchangeKind.All.Select(k => k.Exchange), Is.EqualTo(Enum.GetValues<Exchange>()));
        Assert.That(ExchangeKind.All.Select(k => k.Word), Is.EqualTo((string[])["two_phase", "one_phase", "relay", "blind"]));
        Assert.That(ExchangeKind.All.Select(k => ExchangeKind.Find(k.Word)), Is.EqualTo(ExchangeKind.All));
        Assert.That(ExchangeKind.Find("three_phase"), Is.Null);
    }

    [Test]
    public void The_orchestrator_asks_as_often_as_nodes_expect([ValueSource(typeof(Exchanges), nameof(Exchanges.OfVisits))] Exchange exchange)
    {
        var options = new ClusterOptions { Exchange = exchange };
        using var log = new CapturedLog();
        var batch = new VirtualBatch(1, 0, 0, new TraversalPlan([]));
        var step = new TraversalStep(batch, [], null!, null!, null!, new StepClock(), CancellationToken.None);
        var visits = VisitExchange.Of(options.NewContext().Setup, allowNonFinite: false, FrameSample.Checked, new OrchestratorLog(log.Logger("exchange")));
        Assert.That(visits.PhasesOf(step), Has.Count.EqualTo(exchange.Kind().Requests.Count));
        Assert.That(visits.PhasesOf(step)[0].Rows, Is.Null, "a visit begins with nothing of the central pass");
    }

    [Test]
    public void A_node_has_the_layers_that_the_exchange_gives_it([Values] Exchange exchange)
    {
        ExchangeKind kind = exchange.Kind();
        var options = new ClusterOptions { Exchange = exchange };
        using var processor = new TaskProcessor(options.NewContext().Setup, options.EffectiveImages, CPU);
        Assert.That(processor.ParameterCount, Is.EqualTo(processor.Setup.Model.ParametersBefore(kind.NodeLayerCount(processor.Setup.Model, processor.Setup.Cut))));
        Assert.That(kind.NodesHaveModel, Is.EqualTo(processor.ParameterCount == processor.Setup.Model.ParameterCount));
    }
}
