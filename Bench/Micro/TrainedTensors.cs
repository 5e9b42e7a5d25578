using TorchSharp;
using TraversalLearning.Data;
using TraversalLearning.Messages;
using TraversalLearning.Models;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Parameters;
using TraversalLearning.Nodes;
using TraversalLearning.Tensors;
using static TorchSharp.torch;

namespace TraversalLearning.Benchmarks.Micro;

/// <summary>The tensors of one visit of a model that has been trained for some steps, as their bytes go over the wire.</summary>
internal static class TrainedTensors
{
    /// <summary>Computes them, cut in front of the first ReLU and behind it.</summary>
    /// <param name="modelFile">What a run has left.</param>
    /// <param name="modelName">Its preset; the mlp.</param>
    /// <param name="images">Real samples.</param>
    /// <param name="rows">Of the visit, which is a whole batch.</param>
    public static IReadOnlyList<(string Name, byte[] Bytes)> Of(string modelFile, string modelName, SampleSet images, int rows)
    {
        ModelDescription model = ModelPresets.Create(modelName);
        var tensors = new List<(string, byte[])>();
        foreach ((string cut, string where) in new[] { ("fc1", "before ReLU"), ("relu1", "behind ReLU") })
        {
            var setup = new TrainingSetup(model, model.ParseCut(cut), ElementType.Float32, Exchange.TwoPhase, new Normalisation(0.5, 0.5));
            using var layers = new LayeredModel(model, setup.Cut);
            using var parameters = new FlatParameters(layers, ScalarType.Float32, CPU, model.ParameterCount);
            ModelFile.Read(modelFile, parameters);
            using var node = new TaskProcessor(setup, images, CPU);
            parameters.ValueBytes.CopyTo(node.ParameterBytes);
            var step = new StepId(1, 0, 0);
            using ForwardOutput output = node.Forward(new ForwardPass(step, rows), [.. Enumerable.Range(0, rows)]);
            using HostTensor activationGradients = ActivationGradients(layers, output, rows);
            using ParameterGradient gradient = node.Backward(step, activationGradients.Tensor);
            if (tensors.Count == 0)
            {
                tensors.Add(("params", parameters.ValueBytes.ToArray()));
                tensors.Add(("logit_grads", output.Loss!.LogitGradients.Memory.ToArray()));
            }

            tensors.Add(($"activations {where}", output.Activations.Memory.ToArray()));
            tensors.Add(($"activation_grads {where}", activationGradients.Memory.ToArray()));
            tensors.Add(($"param_grads {where}", gradient.Memory.ToArray()));
        }

        return tensors;
    }

    private static HostTensor ActivationGradients(LayeredModel layers, ForwardOutput output, int rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor activations = output.Activations.Tensor.detach().clone().requires_grad_();
        layers.ForwardRest(activations).backward([output.Loss!.LogitGradients.Tensor.div(rows)]);
        return HostTensor.Of(activations.grad!);
    }
}
