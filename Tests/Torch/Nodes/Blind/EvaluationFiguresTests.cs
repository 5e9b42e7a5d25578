using TraversalLearning.Data;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Losses;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Orchestration.Training.Scoring;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;
using static TorchSharp.torch;

namespace TraversalLearning.Tests.Torch.Nodes.Blind;

/// <summary>Figures of nodes, added up, are the scores of one process that has all samples.</summary>
internal sealed class EvaluationFiguresTests
{
    private static readonly int[][] Parts = [[0, 3, 4], [], [1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23], [.. Enumerable.Range(24, 16)]];

    private static IEnumerable<TestCaseData> Losses() =>
        from loss in new (string Name, LossFunction Loss, int Outputs)[]
        {
            ("classes", LossFunction.Default, 10), ("one logit", new BceWithLogitsLoss(), 1), ("a logit for each class", new BceWithLogitsLoss([1, 2, 1, 1, 1, 1, 1, 1, 1, 3]), 10),
            ("numbers", new MseLoss(), 1), ("three numbers", new MseLoss(), 3),
        }
        select new TestCaseData(loss.Loss, loss.Outputs).SetArgDisplayNames(loss.Name);

    [TestCaseSource(nameof(Losses))]
    public void Nodes_together_say_what_one_says(LossFunction loss, int outputs)
    {
        SampleSet images = Synthetic.Images(40, classes: outputs == 1 ? 2 : 10);
        SampleSet samples = loss.Outputs == OutputMeaning.Numbers ? Synthetic.Regression(images, outputs) : images;
        var options = new ClusterOptions { Model = ModelPresets.Mlp([64, 24, 16, outputs]), Loss = loss, Images = samples, Partition = Parts, Type = ElementType.Float64 };
        using ModelManager model = options.NewContext().NewModel();
        using var all = new SampleTensors(samples, options.Model.InputShape, model.Setup.Normalisation, ScalarType.Float64, CPU);
        Evaluation expected = model.Evaluate(all, 40, default);

        long[] sums = new long[EvaluationFigures.Count(loss, options.Model)];
        using var replica = new BlindReplica(model.Setup, options.Optimizer, new SumFormat(ElementType.Float64, 64, Parts.Length), CPU);
        replica.Parameters.CopyValuesFrom(model.Parameters);
        foreach (int[] part in Parts)
        {
            long[] figures = EvaluationFigures.Of(replica.Model, loss, all, part, 0, 5, Parts.Length, default);
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += figures[i];
            }
        }

        Evaluation summed = SummedScores.Evaluate(sums, loss, options.Model, scaling: null);
        Assert.That(summed.Loss, Is.EqualTo(expected.Loss).Within(1e-8));
        Assert.That(summed.Accuracy, Is.EqualTo(expected.Accuracy));
        AssertClose(summed.MacroF1, expected.MacroF1);
        AssertClose(summed.Rmse, expected.Rmse);
        AssertClose(summed.Mae, expected.Mae);
        AssertClose(summed.R2, expected.R2);
        Assert.That(sums[EvaluationFigures.Rows], Is.EqualTo(40));
    }

    private static void AssertClose(double? actual, double? expected)
    {
        Assert.That(actual.HasValue, Is.EqualTo(expected.HasValue));
        Assert.That(actual ?? 0, Is.EqualTo(expected ?? 0).Within(1e-7));
    }
}
