using System.Text.Json;
using System.Text.Json.Nodes;
using TraversalLearning.Benchmarks.Runs;
using TraversalLearning.Orchestration.Events;

namespace TraversalLearning.Tests.Unit.Bench;

public sealed class RunFiguresTests
{
    [Test]
    public void What_the_orchestrator_writes_is_what_is_read()
    {
        var written = new EpochFigures(10, new StepBudget(1, 2, 3, 4, 5, 6), 2.5, 100, 50, 7, 1.5) { PeakMemoryBytes = 8 };
        RunFigures read = RunFigures.OfRun(new JsonObject { ["performance"] = JsonSerializer.SerializeToNode(written, RecordJson.Line) });
        Assert.That(read.StepMilliseconds, Is.EqualTo(21));
        Assert.That(read.Budget.Select(p => p.Value), Is.EqualTo(new[] { 1.0, 2, 3, 4, 5, 6 }));
        Assert.That((read.Visits, read.SentBytes, read.ReceivedBytes, read.AllocatedBytes), Is.EqualTo((2.5, 100.0, 50.0, 7.0)));
        Assert.That(read.PeakMemory, Is.EqualTo(8));
        Assert.That(read.Processor, Is.EqualTo(1.5));
        Assert.That((read with { Nodes = [new NodeFigures(1, 2, 0.5), new NodeFigures(1, 2, 1.5)] }).Processor, Is.EqualTo(1.5 + (2.5 * 1)));
    }

    [Test]
    public void A_run_that_says_nothing_is_no_zero() =>
        Assert.That(() => RunFigures.OfRun(JsonNode.Parse("""{"performance":null}""")), Throws.TypeOf<InvalidDataException>());

    [Test]
    public void A_nodes_last_line_is_read()
    {
        string[] lines = ["connecting to …", "figures: peak_memory_bytes=257835008 visits=100 visit_allocated_bytes=8453 visit_processor_ms=1.250"];
        Assert.That(NodeFigures.Of(lines), Is.EqualTo(new NodeFigures(257835008, 8453, 1.25)));
        Assert.That(() => NodeFigures.Of(lines[..1]), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void PyTorchs_line_is_read()
    {
        RunFigures read = RunFigures.OfPyTorch("pytorch 1.13.0a0 DDP over gloo, 3 processes, mlp, batch 64: 11.276 ms a step, peak_memory_bytes=223141888");
        Assert.That((read.StepMilliseconds, read.PeakMemory), Is.EqualTo((11.276, 223141888L)));
        Assert.That(() => RunFigures.OfPyTorch("Traceback"), Throws.TypeOf<InvalidDataException>());
    }

    [TestCase("two_phase", 242_762, 0, 16384, 2)]
    [TestCase("one_phase", 242_762, 0, 0, 1)]
    [TestCase("relay", 200_960, 640, 16384, 3)]
    public void The_smallest_step_is_its_tensors(string exchange, double parameters, double logits, double activationGradients, int phases)
    {
        // mlp, 16 rows at two nodes: θ has 242,762 elements, θ_N 784 · 256 + 256, and fc1 gives 256.
        var contender = new Contender(Trainer.Traversal, new Workload("mlp", 16, "1", Steps: 1), 2, exchange);
        var bytes = StepBytes.Of(contender, new RunFigures { StepMilliseconds = 1, Visits = 2, SentBytes = 2_000_000, ReceivedBytes = 1_700_000 });
        Assert.That(bytes.Values.SkipLast(1), Is.EqualTo(new[] { 64, 2 * parameters * 4.0, 16 * 256 * 4, logits, 640, activationGradients, 2 * 200_960 * 4.0 }));
        Assert.That(bytes.Total, Is.EqualTo(3_700_000));
        Assert.That(bytes.Overhead, Is.EqualTo(3_700_000 - bytes.Smallest));
        Assert.That(bytes.Phases(2).Sum(p => p.Down + p.Up) * 2, Is.EqualTo(bytes.Smallest));
        Assert.That(bytes.Phases(2), Has.Count.EqualTo(phases));
    }
}
