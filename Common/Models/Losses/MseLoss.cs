using System.Text.Json.Serialization;
using TraversalLearning.Models.Layers;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace TraversalLearning.Models.Losses;

/// <summary>
/// <c>torch.nn.functional.mse_loss</c>: labels are numbers, one per output of the model. A row's loss is the mean over them, so
/// that a batch's mean equals PyTorch's.
/// </summary>
public sealed record MseLoss : LossFunction
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override OutputMeaning Outputs => OutputMeaning.Numbers;

    /// <inheritdoc/>
    public override Tensor Sum(Tensor outputs, Tensor labels)
    {
        long width = outputs.shape[1];
        Tensor sum = F.mse_loss(outputs, labels, nn.Reduction.Sum);
        return width == 1 ? sum : sum.div(width);
    }

    /// <inheritdoc/>
    public override int Hits(Tensor outputs, Tensor labels) => 0;

    /// <inheritdoc/>
    public override int? ClassesOf(ModelDescription model) => null;

    /// <inheritdoc/>
    public override string? Misfit(ModelDescription model) => null;
}
