using System.Runtime.InteropServices;
using System.Text.Json;
using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Orchestration.Training.Model;
using TraversalLearning.Tensors;

namespace TraversalLearning.Tests.Support;

/// <summary>The samples, the model and θ at the start of the golden values of methods (Tests/Golden/federated.py).</summary>
internal static class FederatedExample
{
    /// <summary>The run of a case.</summary>
    /// <param name="example">The member <c>example</c> of a golden file.</param>
    /// <param name="name">The case's <c>optimizer</c>.</param>
    /// <param name="gamma">Of the schedule.</param>
    /// <param name="batchNorm">Whether the first layer is normalised.</param>
    public static ClusterOptions Options(JsonElement example, string name, double gamma, bool batchNorm = false)
    {
        int side = example.GetProperty("side").GetInt32();
        int classes = example.GetProperty("classes").GetInt32();
        byte[] pixels = [.. example.GetProperty("pixels").EnumerateArray().Select(p => p.GetByte())];
        byte[] labels = [.. example.GetProperty("labels").EnumerateArray().Select(l => l.GetByte())];
        return new ClusterOptions
        {
            Seed = example.GetProperty("seed").GetUInt64(),
            Type = ElementType.Float64,
            Model = new ModelDescription(
                "example",
                [1, side, side],
                classes,
                [
                    new FlattenLayer("flatten"),
                    new LinearLayer("fc1", side * side, 6),
                    .. batchNorm ? new LayerDescription[] { new BatchNormLayer("norm", 6) } : [],
                    new ReluLayer("relu1"),
                    new LinearLayer("fc2", 6, classes),
                ]),
            Cut = "fc1",
            Images = SampleSet.GreyImages(pixels, labels, side, side),
            Partition = Synthetic.Partition([.. example.GetProperty("counts").EnumerateArray().Select(c => c.GetInt32())]),
            Optimizer = Optimizer(name) with { Schedule = new ScheduleSettings(Gamma: gamma) },
        };
    }

    /// <summary>Sets θ to that of the start.</summary>
    public static void SetInitial(JsonElement example, ModelManager model)
    {
        double[] initial = [.. example.GetProperty("initial").EnumerateArray().Select(v => v.GetDouble())];
        MemoryMarshal.AsBytes<double>(initial).CopyTo(model.Parameters.ValueBytes.Span);
        model.Parameters.ValuesFromHost();
    }

    /// <summary>θ, as numbers.</summary>
    public static double[] Parameters(ModelManager model) => MemoryMarshal.Cast<byte, double>(model.Parameters.ValueBytes.Span).ToArray();

    /// <summary>The model's buffers, as numbers.</summary>
    public static double[] Buffers(ModelManager model)
    {
        using torch.Tensor flat = torch.zeros([FlatBuffers.Count(model.Parameters)], dtype: torch.ScalarType.Float64);
        FlatBuffers.Read(model.Parameters, flat);
        return flat.data<double>().ToArray();
    }

    private static OptimizerSettings Optimizer(string name) => name switch
    {
        "sgd" => new OptimizerSettings(OptimizerKind.Sgd, 0.1),
        "momentum" => new OptimizerSettings(OptimizerKind.Sgd, 0.1, Momentum: 0.9),
        "adadelta" => new OptimizerSettings(OptimizerKind.Adadelta),
        _ => throw new ArgumentException($"no optimizer {name}", nameof(name)),
    };
}
