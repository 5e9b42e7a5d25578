using TraversalLearning.Benchmarks.Reports;
using TraversalLearning.Benchmarks.Runs;

namespace TraversalLearning.Tests.Unit.Bench;

public sealed class FloorTests
{
    private static readonly Workload Work = new("mlp", 64, "1", Steps: 200);
    private static readonly Contender Traversal = new(Trainer.Traversal, Work, 3, "two_phase");

    [TestCase(3, 2, 4.2, Description = "two processors: half of it, each longer")]
    [TestCase(1, 8, 4.2, Description = "one node and the orchestrator have no use for eight")]
    [TestCase(3, 8, 2.1)]
    [TestCase(3, 1, 6.0, Description = "one processor: all of it, and nobody beside it")]
    public void Work_is_spread_over_who_can_do_it(int nodes, int processors, double expected) =>
        Assert.That(new FloorFigures(Bytes: 1, Work: 6).SpreadWork(nodes, processors, twoAtOnce: 1.4), Is.EqualTo(expected).Within(1e-12));

    [TestCase(3, 2, 4)]
    [TestCase(1, 8, 4, Description = "one node and the orchestrator have no use for eight")]
    [TestCase(3, 1, 8)]
    public void No_step_takes_less_than_its_processor_time_over_the_processors(int nodes, int processors, double expected) =>
        Assert.That(FloorFigures.FullBareStep(bareProcessor: 8, nodes, processors), Is.EqualTo(expected).Within(1e-12));

    [Test]
    public void The_table_has_the_floor_beside_the_step_and_both_as_ratios()
    {
        var results = new Results();
        results.Add(Traversal.Baseline, new RunFigures { StepMilliseconds = 1.5 });
        results.Add(Traversal.Bare, new RunFigures { StepMilliseconds = 3, OwnProcessor = 4.5 });
        results.Add(Traversal, new RunFigures { StepMilliseconds = 6, SentBytes = 3e6, ReceivedBytes = 2.5e6, OwnProcessor = 2, Visits = 3, Nodes = [new NodeFigures(1, 1, VisitProcessor: 1.75)] });
        Section section = Of(results);
        Assert.That(
            section.Table.ToCsv(),
            Is.EqualTo(
                "workload,who,MB a step,bytes alone ms,work ms,work spread ms,bare processor ms,bare full ms,bare step ms,step ms,processor ms,full / centralized ×,bare / centralized ×,step / bare ×\n"
                + "mlp 64,TL × 3 two_phase,5.500,0.70,2.40,1.56,4.50,2.25,3.00,6.00,7.25,1.50,2.00,2.00\n"));
        Assert.That(section.Note, Does.Contain("over 2 processors").And.Contain("× 1.30"));
        Assert.That(section.Chart!.Bars.Single().Segments, Is.EqualTo((double[])[1.56, 1.44, 3]).Within(1e-12));
    }

    [Test]
    public void Ratios_to_the_bare_step_are_taken_within_each_round()
    {
        // The machine was half as fast in the first round.
        var results = new Results();
        foreach ((double centralized, double bare, double step) in ((double, double, double)[])[(4, 8, 10), (2, 4, 6), (2, 3, 6)])
        {
            results.Add(Traversal.Baseline, new RunFigures { StepMilliseconds = centralized });
            results.Add(Traversal.Bare, new RunFigures { StepMilliseconds = bare });
            results.Add(Traversal, new RunFigures { StepMilliseconds = step });
        }

        Assert.That(Of(results).Table.Rows.Single()[^2..], Is.EqualTo((string[])["2.00", "1.50"]));
    }

    [Test]
    public void Without_a_centralized_loop_there_is_no_ratio_to_it()
    {
        var results = new Results();
        results.Add(Traversal.Bare, new RunFigures { StepMilliseconds = 3, OwnProcessor = 4.5 });
        results.Add(Traversal, new RunFigures { StepMilliseconds = 2 });
        Section section = Of(results);
        Assert.That(section.Table.Rows.Single()[^3..^1], Has.All.Empty);
        Assert.That(section.Chart!.Bars.Single().Segments, Has.All.GreaterThanOrEqualTo(0), "a step that took less than its floor is drawn all the same");
    }

    private static Section Of(Results results) => FloorSection.Of(
        results, new Dictionary<Contender, FloorFigures> { [Traversal] = new(Bytes: 0.7, Work: 2.4) }, twoAtOnce: 1.3, processors: 2);
}
