import { MemoryStore } from '../../../server/store/memory.ts';
import { storeContract } from './contract.ts';

storeContract('MemoryStore', (limits) => new MemoryStore(limits));
