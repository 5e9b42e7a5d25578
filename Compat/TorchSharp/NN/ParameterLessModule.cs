namespace TorchSharp.Modules;

/// <summary>A module without parameters, buffers or submodules of its own.</summary>
public abstract class ParameterLessModule<T1, TResult> : torch.nn.Module<T1, TResult>
{
    protected ParameterLessModule(string name)
        : base(name)
    {
    }
}
