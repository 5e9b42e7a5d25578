namespace TraversalLearning.Orchestration.Training.Model;

/// <summary>A parameter or a buffer of a trained model, as plain numbers of single precision.</summary>
/// <param name="Name">PyTorch's state-dict name.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Values">Row-major.</param>
internal sealed record TrainedTensor(string Name, long[] Shape, float[] Values);
