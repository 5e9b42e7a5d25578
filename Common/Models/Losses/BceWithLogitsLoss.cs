using System.Text.Json.Serialization;
using TorchSharp;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Models.Losses;

/// <summary>
/// <c>torch.nn.functional.binary_cross_entropy_with_logits</c>. With one output, the model distinguishes two classes and the
/// output is the logit of class 1. With <c>C</c> outputs, each class is an independent yes-or-no decision. A row's loss is the
/// mean over its outputs, so that a batch's mean equals PyTorch's.
/// </summary>
/// <param name="ClassWeights">Weight of each class's rows, two for one output; <see langword="null"/> for equal weights.</param>
public sealed record BceWithLogitsLoss([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double[]? ClassWeights = null) : LossFunction
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override OutputMeaning Outputs => OutputMeaning.YesOrNo;

    /// <inheritdoc/>
    public override Tensor Sum(Tensor outputs, Tensor labels)
    {
        long width = outputs.shape[1];
        Tensor column = labels.view(-1, 1);
        Tensor targets = width == 1 ? column : column.eq(arange(width, dtype: ScalarType.Int64, device: outputs.device));
        Tensor? weights = ClassWeighting.Of(ClassWeights, outputs)?.index_select(0, labels).view(-1, 1);
        Tensor sum = F.binary_cross_entropy_with_logits(outputs, targets.to(outputs.dtype), weights, nn.Reduction.Sum);
        return width == 1 ? sum : sum.div(width);
    }

    /// <inheritdoc/>
    public override int Hits(Tensor outputs, Tensor labels) =>
        (outputs.shape[1] == 1 ? outputs.gt(0).view(-1).to(ScalarType.Int64) : outputs.argmax(1)).eq(labels).sum().ToInt32();

    /// <inheritdoc/>
    public override int? ClassesOf(ModelDescription model) => Math.Max(model.ClassCount, 2);

    /// <inheritdoc/>
    public override string? Misfit(ModelDescription model) => ClassWeighting.Misfit(ClassWeights, Math.Max(model.ClassCount, 2));
}
