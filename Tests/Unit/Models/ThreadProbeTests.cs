using TraversalLearning.Models;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Unit.Models;

/// <summary>What trying a number of threads must not touch. With one processor, since the number is that of the whole test run.</summary>
public sealed class ThreadProbeTests
{
    [Test]
    public void Parameters_that_are_drawn_afterwards_are_those_drawn_without_it([Values] bool afterSomeDraws)
    {
        byte[] expected = Draw(measure: false, afterSomeDraws);
        Assert.That(Draw(measure: true, afterSomeDraws), Is.EqualTo(expected));
    }

    [Test]
    public void It_leaves_no_tensor([Values(ElementType.Float32, ElementType.Float64)] ElementType type) =>
        TensorCount.AssertSteady(_ => ThreadProbe.Choose(ClusterOptions.SmallCnn, type, rows: 4, processors: 1), steps: 3);

    [Test]
    public void Tokens_and_rows_that_are_coupled_are_no_obstacle([Values("text:9,5,2", "resnet")] string preset, [Values(1, 3)] int rows) =>
        Assert.That(ThreadProbe.Choose(ModelPresets.Create(preset), ElementType.Float32, rows, processors: 1).Threads, Is.EqualTo(1));

    [Test]
    public void One_processor_is_one_thread()
    {
        ThreadChoice choice = ThreadProbe.Choose(ClusterOptions.SmallMlp, ElementType.Float32, rows: 4, processors: 1);
        Assert.That(choice.Threads, Is.EqualTo(1));
        Assert.That(choice.Timings.Single().Median, Is.GreaterThan(TimeSpan.Zero));
        Assert.That(get_num_threads(), Is.EqualTo(1));
    }

    private static byte[] Draw(bool measure, bool afterSomeDraws)
    {
        manual_seed(7);
        if (afterSomeDraws)
        {
            randn([3]).Dispose();
        }

        if (measure)
        {
            ThreadProbe.Choose(ClusterOptions.SmallCnn, ElementType.Float64, rows: 4, processors: 1);
        }

        using var model = new LayeredModel(ClusterOptions.SmallCnn, cut: 1);
        using var parameters = new FlatParameters(model, ScalarType.Float32, CPU, gradientCount: 0);
        return parameters.ValueBytes.ToArray();
    }
}
